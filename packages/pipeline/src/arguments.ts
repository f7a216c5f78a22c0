import { type NanPolicy, NORMS } from "@normstream/moments";
import { LAYOUTS, type Layout, type StoredTensor, usageError } from "@normstream/tensor";

/** What a caller without types can get wrong: each check throws a NormstreamError of kind `usage`. */

const NAN_POLICIES: readonly unknown[] = ["propagate", "omit", "error"] satisfies NanPolicy[];

export function assertTensor(value: unknown, name = "the input"): asserts value is StoredTensor {
  if (typeof value === "object" && value !== null && "shape" in value && "storage" in value) return;
  throw usageError(`${name} is not a tensor`, {
    expected: "what openTensor, tensor or loadTensor gives",
    found: Array.isArray(value) ? "an array" : value === null ? "null" : typeof value,
  });
}

export function assertEps(eps: unknown): asserts eps is number {
  if (typeof eps === "number" && eps >= 0 && Number.isFinite(eps)) return;
  throw usageError(`eps ${eps}`, { expected: "a finite number of 0 or more" });
}

export function assertNanPolicy(nan: unknown): asserts nan is NanPolicy {
  if (!NAN_POLICIES.includes(nan)) throw usageError(`NaN policy "${nan}"`, { expected: NAN_POLICIES.join(", ") });
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
    throw usageError(`layout "${layout}"`, { expected: LAYOUTS.join(", ") });
  }
}
