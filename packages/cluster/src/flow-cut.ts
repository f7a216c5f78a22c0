/** Shards `from` to before `to`: what one job runs. */
export interface Leaf {
  readonly from: number;
  readonly to: number;
}

/** Leaves that each thread should find at least, so that all end at about the same time. */
const LEAVES_OF_THREAD = 32;
/** Threads that are counted with where no worker is there yet. */
const SOME_THREADS = 16;
/** Shards of a leaf at most, where fewer leaves would do: what is lost with a worker is soon done again. */
const FEW_SHARDS = 8;
/** Beyond so many leaves they get more shards, up to so many; beyond that many leaves, any number. */
const MANY_LEAVES = 2048;
const MANY_SHARDS = 64;
const MOST_LEAVES = 8192;
/** Leaves below one fan-in node. */
export const FAN_IN = 128;

/** Shards of a leaf: each job costs a worker, Redis and the coordinator about as much, however many shards it runs. */
export const shardsOfLeaf = (shards: number, threads: number): number =>
  Math.max(
    1,
    Math.min(FEW_SHARDS, Math.floor(shards / (LEAVES_OF_THREAD * (threads || SOME_THREADS)))),
    Math.min(MANY_SHARDS, Math.ceil(shards / MANY_LEAVES)),
    Math.ceil(shards / MOST_LEAVES),
  );

/** Cuts the shards that are not finished into leaves: runs of so many shards, in order. */
export function cutLeaves(shards: number, isFinished: (index: number) => boolean, size: number): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let from = 0;
  while (from < shards) {
    if (isFinished(from)) {
      from++;
      continue;
    }
    let to = from + 1;
    // Cut where the grid of leaves has its lines, so that a resumed run has the same leaves but those that are done.
    while (to < shards && to % size !== 0 && !isFinished(to)) to++;
    leaves.push({ from, to });
    from = to;
  }
  return leaves;
}

/** Fan-in nodes over leaves: `[first, end)` of each. */
export function cutNodes(leaves: number, fanIn = FAN_IN): readonly { readonly first: number; readonly end: number }[] {
  const nodes: { first: number; end: number }[] = [];
  for (let first = 0; first < leaves; first += fanIn) nodes.push({ first, end: Math.min(leaves, first + fanIn) });
  return nodes;
}
