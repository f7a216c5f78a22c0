/** Shards `from` to before `to`: what one job runs. */
export interface Leaf {
  readonly from: number;
  readonly to: number;
}

/** A run of shards that is cut into leaves of one size: the last one may be smaller. */
export interface Stretch extends Leaf {
  readonly size: number;
}

/** Of the smallest leaves, how many would make a thread's share: all threads end within one of them. */
const SHARE = 32;
/** Threads that are counted with where no worker is there yet. */
const SOME_THREADS = 16;
/** Shards of the smallest leaves at most, where fewer leaves would do: what is lost with a worker is soon done again. */
const FEW_SHARDS = 8;
/** Where there would be more than so many of them they get more shards, up to so many; beyond the last number, any number. */
const MANY_LEAVES = 2048;
const MANY_SHARDS = 64;
const MOST_LEAVES = 8192;
/** Leaves below one fan-in node. */
export const FAN_IN = 128;

/** Shards of the smallest leaves: each job costs a worker, Redis and the coordinator about as much, however many shards it runs. */
export const shardsOfLeaf = (shards: number, threads: number): number =>
  Math.max(
    1,
    Math.min(FEW_SHARDS, Math.floor(shards / (SHARE * (threads || SOME_THREADS)))),
    Math.min(MANY_SHARDS, Math.ceil(shards / MANY_LEAVES)),
    Math.ceil(shards / MOST_LEAVES),
  );

/**
 * Large leaves first, small ones last: half of the jobs that equal ones would take, and an end that is as even.
 * @param threads of all workers; 0 where none is there yet
 */
export function cutStretches(shards: number, threads: number): readonly Stretch[] {
  const smallest = shardsOfLeaf(shards, threads);
  const most = Math.min(MANY_SHARDS, Math.floor((4 * shards) / (SHARE * (threads || SOME_THREADS))));
  const sizes = [4, 2, 1].map((times) => Math.max(smallest, Math.min(times * smallest, most)));
  let from = 0;
  return sizes.map((size, i) => {
    const end = i === 2 ? shards : Math.floor((shards * (i === 0 ? 1 / 2 : 3 / 4) - from) / size) * size + from;
    const stretch = { from, to: end, size };
    from = end;
    return stretch;
  });
}

/** Cuts the shards that are not finished into leaves, in order. */
export function cutLeaves(stretches: readonly Stretch[], isFinished: (index: number) => boolean): readonly Leaf[] {
  const leaves: Leaf[] = [];
  for (const { from: start, to: end, size } of stretches) {
    let from = start;
    while (from < end) {
      if (isFinished(from)) {
        from++;
        continue;
      }
      let to = from + 1;
      // Cut where leaves of the whole stretch have their lines, so that a resumed run has the same leaves but those that are done.
      while (to < end && (to - start) % size !== 0 && !isFinished(to)) to++;
      leaves.push({ from, to });
      from = to;
    }
  }
  return leaves;
}

/** Fan-in nodes over leaves: `[first, end)` of each. */
export function cutNodes(leaves: number, fanIn = FAN_IN): readonly { readonly first: number; readonly end: number }[] {
  const nodes: { first: number; end: number }[] = [];
  for (let first = 0; first < leaves; first += fanIn) nodes.push({ first, end: Math.min(leaves, first + fanIn) });
  return nodes;
}
