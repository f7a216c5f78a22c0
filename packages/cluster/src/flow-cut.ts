/** Shards `from` to before `to`: what one job runs. */
export interface Leaf {
  readonly from: number;
  readonly to: number;
}

/** How many jobs a pass should have at most before a job is given more shards, and how many shards a job has at most before that gives way. */
const LEAVES = 2048;
const MOST_SHARDS = 64;
const MOST_LEAVES = 8192;
/** Leaves below one fan-in node. */
export const FAN_IN = 128;

/** Shards of a leaf, for a pass of so many. */
export const shardsOfLeaf = (shards: number): number =>
  Math.max(1, Math.min(MOST_SHARDS, Math.ceil(shards / LEAVES)), Math.ceil(shards / MOST_LEAVES));

/** Cuts the shards that are not finished into leaves: runs of shards, in order. */
export function cutLeaves(shards: number, isFinished: (index: number) => boolean, size = shardsOfLeaf(shards)): readonly Leaf[] {
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
