import { availableParallelism } from "node:os";
import { createInlineEngine, DEFAULT_MEMORY_BYTES, type Engine, engineOf } from "@normstream/pipeline";
import type { TensorSource } from "@normstream/tensor";
import type { RunOptions } from "./options.js";

/** Below this, starting threads takes longer than they save. */
const INLINE_BYTES = 32e6;

/** What a pass will run on. */
export interface EngineChoice {
  readonly name: "inline" | "threads";
  readonly threads: number;
  readonly memoryBytes: number;
}

/** Values of images and chunks take this many times longer to decode than to read. */
const DECODING = 50;

/** What a pass over an input is worth in bytes that only have to be read. */
export const workBytes = ({ byteLength, storage }: TensorSource): number =>
  storage.kind === "images" || storage.kind === "decoded" ? byteLength * DECODING : byteLength;

/** Chooses the engine for an input of so many bytes, where the user did not. */
export function chooseEngine(byteLength: number, { engine, threads, memory }: RunOptions): EngineChoice {
  const memoryBytes = memory ?? DEFAULT_MEMORY_BYTES;
  const inline =
    threads === undefined ? (engine ?? (byteLength < INLINE_BYTES ? "inline" : "threads")) === "inline" : threads === 0;
  return inline
    ? { name: "inline", threads: 1, memoryBytes }
    : { name: "threads", threads: threads ?? availableParallelism(), memoryBytes };
}

/** Starts it. Threads and what they need are loaded only where they are wanted. */
export async function startEngine({ name, threads, memoryBytes }: EngineChoice): Promise<Engine> {
  if (name === "inline") return createInlineEngine({ memoryBytes });
  const { createPool } = await import("../pool.js");
  return engineOf(createPool({ threads, memory: memoryBytes }));
}

/** `inline`, `2 threads`. */
export const engineName = ({ name, threads }: Pick<EngineChoice, "name" | "threads">): string =>
  name === "inline" ? "inline" : `${threads} ${threads === 1 ? "thread" : "threads"}`;
