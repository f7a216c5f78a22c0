import { LEAF, ROW_BYTES } from "@normstream/moments";
import { itemSize, type StoredTensor, usageError } from "@normstream/tensor";
import { dispatchOf, type Engine } from "./engine.js";
import { HELD_IMAGES } from "./engine-tensor.js";
import type { Steps } from "./pass.js";
import { type Plan, type PlanOptions, planPass } from "./plan.js";
import { EXECUTOR_BYTES } from "./shard-executor.js";
import { gridOf, leavesPerPlane } from "./steps.js";
import { workspaceBytes } from "./workspace.js";

/** Decoded bytes of a shard: images take much longer to decode than to sum up. */
const SHARD_BYTES = 8 << 20;
/** Images of a shard, whose names its task carries. */
const SHARD_IMAGES = 64;
/** What of an image is summed up at once. */
const STEP_BYTES = 1 << 20;
/** Shards that each thread gets at least, where there are so many images. */
const SHARDS_A_THREAD = 8;

/**
 * Cuts a data set of images into shards, each image a block of its own. What the images will take is guessed by the first one's size;
 * one that exceeds a thread's share of the memory is refused.
 */
export function planImages(
  source: StoredTensor,
  engine: Pick<Engine, "threads" | "memoryBytes" | "name">,
  options: PlanOptions,
): Plan {
  if (options.part && source.storage.kind === "images" && source.storage.decoding.skipBad) {
    throw usageError("--skip-bad does not go with --shard: a part whose samples are left out has no place in the whole", {
      file: source.name,
      hint: "Take away the images that stats --skip-bad names.",
    });
  }
  const plan = planPass(source, engine, { kind: "statistics" }, { ...options, perInstance: true }) as Plan;
  const { geometry, table, whole } = plan;
  const perPosition = geometry.channels * itemSize(source.dtype);
  const imageBytes = Math.max(1, geometry.planeSize * perPosition);
  const samples = whole.blockEnd - whole.block;
  const wanted = Math.min(options.shardBytes ?? SHARD_BYTES, imageBytes * SHARD_IMAGES) / imageBytes;
  const blocks = Math.max(1, Math.min(Math.floor(wanted), Math.ceil(samples / (engine.threads * SHARDS_A_THREAD))));
  const leaves = leavesPerPlane(geometry, table);
  const shard: Steps = { blocks, channels: geometry.channels, leaves };
  const stepLeaves = Math.max(1, Math.floor(STEP_BYTES / (LEAF * perPosition)));
  const buffers = {
    input: stepLeaves * LEAF * perPosition,
    output: 0,
    rows: stepLeaves * geometry.channels * ROW_BYTES,
    prepared: 0,
  };
  const perThread = EXECUTOR_BYTES + workspaceBytes(buffers) + HELD_IMAGES * imageBytes;
  const rows = (dispatchOf(engine).inFlight + 1) * blocks * geometry.channels * ROW_BYTES;
  return {
    ...plan,
    step: { blocks: 1, channels: geometry.channels, leaves },
    grid: gridOf(whole, shard),
    buffers,
    projectedBytes: Math.ceil(engine.threads * perThread + rows),
  };
}
