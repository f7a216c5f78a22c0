/** Shards `from` to before `to`: what one job runs. */
export interface Leaf {
  readonly from: number;
  readonly to: number;
}

/** Leaves that a thread's share of what is left is cut into: they get smaller, so that all threads end at about the same time. */
const LEAVES_OF_SHARE = 4;
/** Threads that are counted with where no worker is there yet. */
const SOME_THREADS = 16;
/** Shards of a leaf at most, where there are few: what is lost with a worker is soon done again, and workers come later. */
const SOME_SHARDS = 16;
/** Where leaves of the least size would be more than so many, that size grows, up to so many shards; beyond the last number, to any. */
const MANY_LEAVES = 2048;
const MANY_SHARDS = 64;
const MOST_LEAVES = 8192;
/** Leaves below one fan-in node. */
export const FAN_IN = 128;

/**
 * Where leaves end: large ones first, small ones last. Each job costs a worker, Redis and the coordinator about as much, however many
 * shards it runs.
 * @param threads of all workers; 0 where none is there yet
 */
export function leafEnds(shards: number, threads: number): readonly number[] {
  const least = Math.max(1, Math.min(MANY_SHARDS, Math.ceil(shards / MANY_LEAVES)), Math.ceil(shards / MOST_LEAVES));
  const most = Math.max(least, SOME_SHARDS);
  const ends: number[] = [];
  for (let at = 0; at < shards; ) {
    const share = Math.ceil((shards - at) / (LEAVES_OF_SHARE * (threads || SOME_THREADS)));
    at = Math.min(shards, at + Math.min(most, Math.max(least, share)));
    ends.push(at);
  }
  return ends;
}

/** Leaves of the shards that are not finished, in order: what is resumed has the leaves of the whole, but those that are done. */
export function cutLeaves(ends: readonly number[], isFinished: (index: number) => boolean): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let from = 0;
  for (const end of ends) {
    while (from < end) {
      let to = from;
      while (to < end && !isFinished(to)) to++;
      if (to > from) leaves.push({ from, to });
      from = to + 1;
    }
    from = end;
  }
  return leaves;
}

/** Fan-in nodes over leaves: `[first, end)` of each. */
export function cutNodes(leaves: number, fanIn = FAN_IN): readonly { readonly first: number; readonly end: number }[] {
  const nodes: { first: number; end: number }[] = [];
  for (let first = 0; first < leaves; first += fanIn) nodes.push({ first, end: Math.min(leaves, first + fanIn) });
  return nodes;
}
