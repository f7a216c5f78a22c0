import type { NanPolicy, OutputDType } from "@normstream/moments";
import { type DType, geometryOf, itemSize, type StoredTensor } from "@normstream/tensor";
import { planStatistics } from "./compute-statistics.js";
import type { Engine } from "./engine.js";
import type { NormalizeBy } from "./normalize-by.js";
import { preparedBytes } from "./normalize-region.js";
import { type Plan, planPass } from "./plan.js";

/** What of the options decides how a normalization is cut. */
export interface NormalizePlanOptions {
  readonly by: NormalizeBy;
  readonly batchSize?: number | undefined;
  readonly weight?: ArrayLike<number> | undefined;
  readonly bias?: ArrayLike<number> | undefined;
  readonly outDType?: OutputDType | undefined;
  readonly shardBytes?: number | undefined;
  readonly eps?: number | undefined;
  readonly nan?: NanPolicy | undefined;
}

/** How a normalization is cut, and what it takes: known before it starts. */
export interface NormalizePlan {
  /** Of the pass that normalizes. */
  readonly plan: Plan;
  /** Of the pass over statistics before it, where there is one. */
  readonly statistics: Plan | null;
  /** How often the input is read. */
  readonly passes: 1 | 2;
  /** Whether statistics are taken from the values while they are at hand. */
  readonly isFused: boolean;
  /** Bytes that are read, all passes together. */
  readonly totalBytes: number;
  /** Bytes that buffers take at most. */
  readonly projectedBytes: number;
}

/** The type of normalized values where nobody says otherwise: as exact as the input needs. */
export const outDTypeOf = (dtype: DType): OutputDType => (dtype === "float64" || dtype === "int32" ? "float64" : "float32");

/** The plan of a normalization, as `normalizeToFile` will run it. */
export function planNormalize(
  source: StoredTensor,
  engine: Pick<Engine, "threads" | "memoryBytes" | "name">,
  options: NormalizePlanOptions,
  toMemory = false,
): NormalizePlan {
  const { by, batchSize, shardBytes } = options;
  const geometry = geometryOf(source.shape, source.layout);
  const affine = { weight: float64Of(options.weight), bias: float64Of(options.bias), geometry };
  const outItemSize = itemSize(options.outDType ?? outDTypeOf(source.dtype));
  const work = { kind: "normalize", outItemSize, period: preparedBytes(affine), toMemory } as const;
  // Statistics of the values at hand, where the unit they need fits; else a pass of their own.
  const unit = unitOf(options);
  const fused = unit && planPass(source, engine, { ...work, unit }, { shardBytes });
  const plan = fused ?? (planPass(source, engine, { ...work, unit: "any" }, { shardBytes }) as Plan);
  const own = fused === null && typeof by === "string";
  const keepTable = by !== "batch" || batchSize !== undefined;
  const planned = { shardBytes, perInstance: by !== "batch", batchSize, keepTable };
  const statistics = own ? planStatistics(source, engine, planned) : null;
  return {
    plan,
    statistics,
    passes: statistics ? 2 : 1,
    isFused: fused !== null,
    totalBytes: plan.byteLength * (statistics ? 2 : 1),
    projectedBytes: Math.max(plan.projectedBytes, statistics?.projectedBytes ?? 0),
  };
}

/** What has to be at hand together for statistics of the values themselves. */
function unitOf({ by, batchSize, nan, shardBytes, eps }: NormalizePlanOptions): "plane" | "sample" | "channel" | null {
  if (by === "instance") return "plane";
  if (by === "group" || by === "layer") return "sample";
  // In two passes: several batches, shards of a size that was asked for, and what may be refused when a part is already written.
  const mayBeRefused = nan === "error" || eps === 0;
  return by === "batch" && batchSize === undefined && shardBytes === undefined && !mayBeRefused ? "channel" : null;
}

export const float64Of = (values: ArrayLike<number> | undefined): Float64Array | null =>
  values ? Float64Array.from(values) : null;
