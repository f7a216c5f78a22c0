import { type NanPolicy, NORMS } from "@normstream/moments";
import { DTYPES, type DType, formatShape, LAYOUTS, type Layout, type StoredTensor, usageError } from "@normstream/tensor";

/** What a caller without types can get wrong: each check throws a NormstreamError of kind `usage`. */

const NAN_POLICIES: readonly unknown[] = ["propagate", "omit", "error"] satisfies NanPolicy[];

/** A value in a message: what it is, never what it holds. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : typeof value === "number" ? `${value}` : typeof value;
}

export function assertTensor(value: unknown, name = "the input"): asserts value is StoredTensor {
  if (typeof value === "object" && value !== null && "shape" in value && "storage" in value) return;
  throw usageError(`${name} is not a tensor`, {
    expected: "what openTensor, tensor or loadTensor gives",
    found: Array.isArray(value) ? "an array" : value === null ? "null" : typeof value,
  });
}

/** @param name what takes them: "options of BatchNorm" */
export function assertOptions(value: unknown, name = "options"): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw usageError(`${name} are no object`, { expected: "an object", found: kindOf(value) });
}

/**
 * A misspelt option would be left out in silence.
 * @param known the names of all options, as keys
 */
export function assertKnownOptions(value: unknown, known: Readonly<Record<string, true>>, name: string): void {
  assertOptions(value, `options of ${name}`);
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined) {
    throw usageError(`${name} has no option "${unknown.slice(0, 60)}"`, { expected: `one of ${Object.keys(known).join(", ")}` });
  }
}

export function assertFlag(value: unknown, name: string): asserts value is boolean | undefined {
  if (value === undefined || typeof value === "boolean") return;
  throw usageError(`${name} is ${kindOf(value)}`, { expected: "true or false" });
}

export function assertSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value === undefined) return;
  if (typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value) return;
  throw usageError("signal is no AbortSignal", { expected: "that of an AbortController", found: kindOf(value) });
}

export function assertShape(value: unknown): asserts value is readonly number[] {
  if (Array.isArray(value)) return;
  throw usageError("the shape is no array", { expected: "an array of extents, such as [2, 3]", found: kindOf(value) });
}

export function assertDType(value: unknown): asserts value is DType {
  if ((DTYPES as readonly unknown[]).includes(value)) return;
  throw usageError(typeof value === "string" ? `dtype "${value}"` : "no dtype", {
    expected: `one of ${DTYPES.join(", ")}`,
    ...(typeof value === "string" ? {} : { found: kindOf(value) }),
  });
}

/**
 * Numbers, every one of them: holes, texts and BigInts would become NaN, or throw where nobody expects it.
 * @param name of the list in the message
 */
export function assertNumbers(value: unknown, name: string): asserts value is ArrayLike<number> {
  if (isNumberArray(value)) return;
  if (!Array.isArray(value)) {
    throw usageError(`${name} is ${kindOf(value)}`, { expected: "an array, or a typed array, of numbers" });
  }
  for (let i = 0; i < value.length; i++) {
    if (typeof value[i] === "number") continue;
    throw usageError(`${name} holds ${i in value ? kindOf(value[i]) : "a hole"} at ${i}`, {
      expected: "numbers",
      hint: Array.isArray(value[i]) ? "Give the elements as one flat array, in C order: data.flat(Infinity)." : undefined,
    });
  }
}

const isNumberArray = (value: unknown): boolean =>
  ArrayBuffer.isView(value) && !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array);

export function assertEps(eps: unknown): asserts eps is number {
  if (typeof eps === "number" && eps >= 0 && Number.isFinite(eps)) return;
  throw usageError(`eps ${String(eps)}`, { expected: "a finite number of 0 or more" });
}

export function assertMomentum(momentum: unknown): asserts momentum is number | null {
  if (momentum === null || (typeof momentum === "number" && momentum >= 0 && momentum <= 1)) return;
  throw usageError(`momentum ${String(momentum)}`, { expected: "a number from 0 to 1, or null for the cumulative average" });
}

export function assertNanPolicy(nan: unknown): asserts nan is NanPolicy {
  if (!NAN_POLICIES.includes(nan)) throw usageError(`NaN policy "${String(nan)}"`, { expected: NAN_POLICIES.join(", ") });
}

/** @param name of what is counted: "features" */
export function assertCount(value: unknown, name: string): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw usageError(`${typeof value === "string" ? `"${value}"` : String(value)} ${name}`, {
    expected: "a whole number of 1 or more",
  });
}

/** A norm's name, or an object of statistics. */
export function assertNormalizeBy(by: unknown): void {
  if (typeof by === "object" && by !== null && ("runningMean" in by || "moments" in by)) return;
  if ((NORMS as readonly unknown[]).includes(by)) return;
  throw usageError(typeof by === "string" ? `norm "${by}"` : "nothing to normalize by", {
    expected: `${NORMS.join(", ")}, statistics, or running averages`,
  });
}

export function assertLayout(layout: unknown): asserts layout is Layout {
  if (!(LAYOUTS as readonly unknown[]).includes(layout)) {
    throw usageError(`layout "${String(layout)}"`, { expected: LAYOUTS.join(", ") });
  }
}

/** A tensor in a message: `shape [4, 3] (NC)`. */
export const shapeText = ({ shape, layout }: Pick<StoredTensor, "shape" | "layout">): string =>
  `shape ${formatShape(shape)} (${layout})`;
