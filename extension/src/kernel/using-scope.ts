// What `using` means, for a Node that does not know the word.

type Release = () => unknown;

/** The resources of one block. */
export interface UsingScope {
  use<T>(resource: T): T;
  useAsync<T>(resource: T): T;
  /** What the block threw. */
  fail(error: unknown): void;
  /** Lets go of all, the last first; throws what the block or a release threw. */
  end(): void;
  endAsync(): Promise<void>;
}

export function usingScope(): UsingScope {
  const releases: Release[] = [];
  let failure: { error: unknown } | null = null;
  const hold = <T>(resource: T, symbols: readonly symbol[]): T => {
    if (resource === null || resource === undefined) return resource;
    const release = symbols
      .map((symbol) => (resource as Record<symbol, unknown>)[symbol])
      .find((each) => typeof each === "function");
    if (!release) throw new TypeError("using needs a value with a dispose method");
    releases.push(() => (release as Release).call(resource));
    return resource;
  };
  const failed = (error: unknown): void => {
    failure = { error: failure ? suppressed(error, failure.error) : error };
  };
  return {
    use: (resource) => hold(resource, [Symbol.dispose]),
    useAsync: (resource) => hold(resource, [Symbol.asyncDispose, Symbol.dispose]),
    fail: failed,
    end() {
      for (const release of releases.splice(0).reverse()) {
        try {
          release();
        } catch (error) {
          failed(error);
        }
      }
      if (failure) throw failure.error;
    },
    async endAsync() {
      for (const release of releases.splice(0).reverse()) {
        try {
          await release();
        } catch (error) {
          failed(error);
        }
      }
      if (failure) throw failure.error;
    },
  };
}

/** `SuppressedError`, which such a Node does not have either. */
function suppressed(error: unknown, before: unknown): Error {
  const both = new Error("An error was thrown while a resource was let go, after another error.");
  return Object.assign(both, { name: "SuppressedError", error, suppressed: before });
}
