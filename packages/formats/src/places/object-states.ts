import {
  type ArrayPart,
  type DecodedStorage,
  NormstreamError,
  type StoredTensor,
  throwIfAborted,
  usageError,
} from "@normstream/tensor";
import pLimit from "p-limit";
import type { ReadObject } from "../regions/region-reader.js";
import { isFarPlace, placeName, requestsOf } from "./place.js";
import { NoSuchObjectError } from "./range-requests.js";
import { RangeStream } from "./range-stream.js";
import { urlBelow } from "./remote-object-store.js";
import { RETRY_POLICY, type RetryPolicy } from "./retry-policy.js";

/** Questions on their way at once. */
const REQUESTS = 8;
/** Objects that are asked for together, and answers that are remembered: shards that share a chunk ask once. */
const BATCH = 256;
const MOST_KNOWN = 65_536;
/** Samples whose parts are looked at together. */
const BAND = 1024;

/**
 * Asks a far place whether objects still are what they were when they were read: one request of a byte for each.
 * @param states those that were read, in any order, one more than once
 * @throws NormstreamError of kind `usage` where one has changed, has gone or has come; `io` where it cannot be asked
 */
export async function assertObjectsUnchanged(
  source: StoredTensor,
  states: Iterable<ReadObject>,
  options: { readonly signal?: AbortSignal | undefined; readonly policy?: RetryPolicy } = {},
): Promise<void> {
  const { signal, policy = RETRY_POLICY } = options;
  let roots: ReadonlyMap<string, string> | undefined;
  const known = new Map<string, string>();
  const limit = pLimit(REQUESTS);
  let waiting: Promise<void>[] = [];
  for (const state of states) {
    throwIfAborted(signal);
    roots ??= rootsOf(source);
    const name = `${state.place}/${state.key}`;
    const text = JSON.stringify(state.identity);
    const before = known.get(name);
    if (before === text) continue;
    const root = roots.get(state.place);
    if (before !== undefined || root === undefined) throw changed(name);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, text);
    waiting.push(limit(() => assertSame(urlBelow(root, state.key), name, state, policy)));
    if (waiting.length < BATCH) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
}

async function assertSame(url: string, name: string, { identity }: ReadObject, policy: RetryPolicy): Promise<void> {
  const requests = requestsOf(url);
  if (!requests) throw changed(name);
  try {
    using stream = new RangeStream(requests, identity ?? undefined, { from: 0, to: 1 }, policy);
    await stream.identify();
  } catch (cause) {
    if (cause instanceof NoSuchObjectError) {
      if (identity === null) return;
      throw changed(name, cause);
    }
    // A place that says no to a condition, or another size or tag.
    if (identity && cause instanceof NormstreamError && /the object (changed|is shorter|is empty)/.test(cause.message)) {
      throw changed(name, cause);
    }
    throw cause;
  }
  if (identity === null) throw changed(name);
}

/** The far folders that a tensor is read from, by what they are called. */
function rootsOf({ storage, shape }: StoredTensor): ReadonlyMap<string, string> {
  const roots = new Map<string, string>();
  const add = (part: Pick<DecodedStorage, "path" | "details">) => {
    const { root } = part.details as { readonly root?: unknown };
    if (typeof root === "string" && isFarPlace(root)) roots.set(placeName(root), root);
  };
  if (storage.kind === "decoded") add(storage);
  if (storage.kind !== "parts") return roots;
  const samples = shape[0] as number;
  for (let from = 0; from < samples; from += BAND) {
    for (const part of storage.slice(from, Math.min(samples, from + BAND)) as readonly ArrayPart[]) {
      if (part.storage.kind === "decoded") add(part.storage);
    }
  }
  return roots;
}

const changed = (file: string, cause?: unknown) =>
  usageError("the input has changed since the checkpoint was begun", {
    file,
    hint: "Remove the folder of the checkpoint to begin anew.",
    cause,
  });
