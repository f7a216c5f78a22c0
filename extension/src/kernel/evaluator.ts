import { type Runtime, Session } from "node:inspector";

/** How an evaluation ended; `cut` where the inspector gave up: on a script that was terminated, or a value that it could not hand over. */
export type Evaluation =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "thrown"; readonly error: unknown }
  | { readonly kind: "cut"; readonly reason: string };

/** Evaluates scripts as V8's REPL does: names stay from script to script, may be declared anew, and `await` stands anywhere. */
export interface Evaluator {
  evaluate(script: string, name: string): Promise<Evaluation>;
  /** Names that scripts have declared. */
  names(): Promise<readonly string[]>;
  /** What an expression stands for; null where finding out could change something, takes long, or throws. */
  peek(expression: string): Promise<{ readonly value: unknown } | null>;
}

const PEEK_MS = 50;

/** Objects that one evaluation hands out, and those that stay. */
const PASSING = "normstream-cell";
const PEEKED = "normstream-peek";
const LASTING = "normstream-kernel";

export async function createEvaluator(): Promise<Evaluator> {
  const session = new Session();
  session.connect();
  // Values come over by reference: the inspector hands them to `take`, here in the same thread.
  let taken: unknown;
  const taker = {
    take(value: unknown): void {
      taken = value;
    },
  };
  Object.defineProperty(globalThis, "__normstreamTaker", { value: taker, configurable: true });
  const { result } = await post<Runtime.EvaluateReturnType>(session, "Runtime.evaluate", {
    expression: "globalThis.__normstreamTaker",
    objectGroup: LASTING,
  });
  Reflect.deleteProperty(globalThis, "__normstreamTaker");
  /** In an object, since a promise would be awaited on its way. It is picked up at once: others ask too. */
  const handedOver = (remote: Runtime.RemoteObject | undefined): Promise<{ readonly value: unknown }> =>
    new Promise((resolve, reject) => {
      if (!remote) return resolve({ value: undefined });
      const call = {
        objectId: result.objectId,
        functionDeclaration: "function (value) { this.take(value); }",
        arguments: [argumentOf(remote)],
      };
      session.post("Runtime.callFunctionOn", call as Runtime.CallFunctionOnParameterType, (error) => {
        const value = taken;
        taken = undefined;
        if (error) reject(error);
        else resolve({ value });
      });
    });
  return {
    async evaluate(script, name) {
      try {
        const answer = await post<Runtime.EvaluateReturnType>(session, "Runtime.evaluate", {
          expression: `${script}\n//# sourceURL=${name}`,
          replMode: true,
          awaitPromise: true,
          objectGroup: PASSING,
        });
        const { exceptionDetails } = answer;
        const { value } = await handedOver(exceptionDetails ? exceptionDetails.exception : answer.result);
        return exceptionDetails ? { kind: "thrown", error: value } : { kind: "value", value };
      } catch (error) {
        return { kind: "cut", reason: (error as Error).message };
      } finally {
        session.post("Runtime.releaseObjectGroup", { objectGroup: PASSING });
      }
    },
    async names() {
      const answer = await post<Runtime.GlobalLexicalScopeNamesReturnType>(session, "Runtime.globalLexicalScopeNames", {});
      return answer.names;
    },
    async peek(expression) {
      try {
        const answer = await post<Runtime.EvaluateReturnType>(session, "Runtime.evaluate", {
          ...{ expression, objectGroup: PEEKED, silent: true },
          ...{ throwOnSideEffect: true, timeout: PEEK_MS },
        });
        return answer.exceptionDetails ? null : await handedOver(answer.result);
      } catch {
        return null;
      } finally {
        session.post("Runtime.releaseObjectGroup", { objectGroup: PEEKED });
      }
    },
  };
}

/** A remote object as an argument of a call: by its id, or as the plain value that it is. */
function argumentOf({ objectId, unserializableValue, value }: Runtime.RemoteObject): Runtime.CallArgument {
  if (objectId !== undefined) return { objectId };
  if (unserializableValue !== undefined) return { unserializableValue };
  return { value };
}

function post<R = object>(session: Session, method: string, parameters: object): Promise<R> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, answer) => (error ? reject(error) : resolve(answer as R)));
  });
}
