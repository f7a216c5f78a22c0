import { type Kernel, LEAF, PAIR, PAIR_BYTES, SumFold } from "@normstream/moments";
import { type Geometry, itemSize, type MemoryStorage } from "@normstream/tensor";
import { isRowwise, PREPARED_PERIOD, SMALL_PLANE } from "./gradient-plan.js";
import { channelGradients, inputGradient } from "./input-gradient.js";
import type { Prepared } from "./normalize-region.js";
import type { ChannelGradients, GradientPass, GradientWork, ShardResult, ShardTask } from "./pass.js";
import type { ShardContext } from "./shard-context.js";

type WorkOf<Of extends GradientWork["of"]> = Extract<GradientWork, { readonly of: Of }>;

/** Bytes of x and dy whose sums are taken and that are still in the cache when dx is computed. */
const CACHED_BYTES = 512 * 1024;

/** Computes a shard of a backward pass: sums, dx, or both. */
export function runGradientShard(context: ShardContext, task: ShardTask, state: Prepared): ShardResult {
  const shard = new GradientShard(context, task, state);
  const { work } = context.pass as GradientPass;
  if (work.of === "sums") shard.sums();
  else if (work.of === "input") shard.input(work);
  else if (work.of === "channels") shard.channels(work);
  else if (work.of === "samples") shard.samples(work);
  else if (work.of === "rows") shard.rows(work);
  else shard.columns(work);
  return { index: task.index, rect: task.rect, bytes: 0 };
}

class GradientShard {
  readonly #context: ShardContext;
  readonly #pass: GradientPass;
  readonly #task: ShardTask;
  readonly #state: Prepared;
  readonly #kernel: Kernel;
  readonly #prepared: number;
  readonly #geometry: Geometry;
  readonly #x: number;
  readonly #xSize: number;
  readonly #dySize: number;

  constructor(context: ShardContext, task: ShardTask, state: Prepared) {
    this.#context = context;
    this.#pass = context.pass as GradientPass;
    this.#task = task;
    this.#state = state;
    this.#kernel = context.workspace.kernel;
    this.#prepared = context.workspace.prepared;
    this.#geometry = this.#pass.geometry;
    this.#x = (this.#pass.source.storage as MemoryStorage).byteOffset;
    this.#xSize = itemSize(this.#pass.source.dtype);
    this.#dySize = itemSize(this.#pass.dy.dtype);
  }

  /** Vector k of sums: of sample k, or of positions 8192 · k and on where channels vary fastest. */
  sums(): void {
    const { channels } = this.#geometry;
    const { rect } = this.#task;
    for (let k = rect.block; k < rect.blockEnd; k++) {
      this.#context.checkCancelled();
      const to = this.#pass.sums + (k * channels + rect.channel) * PAIR_BYTES;
      const statistics = this.#pass.statistics + rect.channel * PAIR_BYTES;
      if (isRowwise(this.#geometry)) this.#leafSums(k * LEAF, this.#positions, statistics, to);
      else this.#planeSums(k * channels + rect.channel, rect.channelEnd - rect.channel, statistics, to);
    }
  }

  /** dx by coefficients of each channel. */
  input({ coefficients, isConstant }: WorkOf<"input">): void {
    const { channels, planeSize } = this.#geometry;
    const { rect } = this.#task;
    for (let k = rect.block; k < rect.blockEnd; k++) {
      this.#context.checkCancelled();
      if (isRowwise(this.#geometry)) {
        const first = k * LEAF;
        const period = this.#prepare(coefficients, 1, isConstant, "pass");
        this.#periodic(first * channels, (Math.min(this.#positions, first + LEAF) - first) * channels, period, isConstant);
      } else if (planeSize < SMALL_PLANE && channels * planeSize <= PREPARED_PERIOD) {
        const period = this.#prepare(coefficients, planeSize, isConstant, "pass");
        this.#periodic(k * period, period, period, isConstant);
      } else {
        for (let c = rect.channel; c < rect.channelEnd; c++) this.#plane(k * channels + c, coefficients, c, isConstant);
      }
    }
  }

  /** Whole channels over all samples: their sums, then dx. */
  channels({ weight }: WorkOf<"channels">): void {
    const { samples, channels, planeSize } = this.#geometry;
    const { channel, channelEnd } = this.#task.rect;
    const width = channelEnd - channel;
    const vector = this.#pairs(this.#context.workspace.rows, width);
    const fold = new SumFold(width * PAIR);
    for (let n = 0; n < samples; n++) {
      this.#context.checkCancelled();
      const statistics = this.#pass.statistics + channel * PAIR_BYTES;
      this.#planeSums(n * channels + channel, width, statistics, this.#context.workspace.rows);
      fold.push(vector);
    }
    const sums = fold.result();
    this.#pairs(this.#pass.sums + channel * PAIR_BYTES, width).set(sums);
    const statistics = this.#pairs(this.#pass.statistics + channel * PAIR_BYTES, width);
    const own = weight?.subarray(channel, channelEnd) ?? null;
    const coefficients = channelGradients(statistics, sums, own, samples * planeSize);
    for (let n = 0; n < samples; n++) {
      this.#context.checkCancelled();
      for (let c = 0; c < width; c++) this.#plane(n * channels + channel + c, coefficients, c, false);
    }
  }

  /** Samples, each by statistics of its own: sums of its channels, then dx. */
  samples({ groups, weight }: WorkOf<"samples">): void {
    const { channels, planeSize } = this.#geometry;
    const { rect } = this.#task;
    const perGroup = channels / groups;
    const rowwise = isRowwise(this.#geometry);
    const planeBytes = planeSize * (this.#xSize + this.#dySize);
    // Channels first, planes are taken a few groups at a time, so that they are still in the cache when dx is computed.
    const step = rowwise ? channels : perGroup * Math.max(1, Math.floor(CACHED_BYTES / (planeBytes * perGroup)));
    for (let n = rect.block; n < rect.blockEnd; n++) {
      for (let c = rect.channel; c < rect.channelEnd; c += step) {
        this.#context.checkCancelled();
        const width = Math.min(step, rect.channelEnd - c);
        const at = n * channels + c;
        const statisticsAt = this.#pass.statistics + at * PAIR_BYTES;
        const sumsAt = this.#pass.sums + at * PAIR_BYTES;
        if (rowwise) this.#sampleSums(n, statisticsAt, sumsAt);
        else this.#planeSums(at, width, statisticsAt, sumsAt);
        const sums = groupSums(this.#pairs(sumsAt, width), weight, c, perGroup);
        const statistics = this.#pairs(statisticsAt, width);
        const own = weight?.subarray(c, c + width) ?? null;
        const coefficients = channelGradients(statistics, sums, own, perGroup * planeSize, true);
        if (rowwise) {
          const period = this.#prepare(coefficients, 1, false, `${n}`);
          this.#periodic(n * planeSize * channels, planeSize * channels, period, false);
        } else for (let i = 0; i < width; i++) this.#plane(at + i, coefficients, i, false);
      }
    }
  }

  /** Rows of layer norm: sums of dy · weight, then dx. */
  rows({ weight }: WorkOf<"rows">): void {
    const { planeSize } = this.#geometry;
    const { block, blockEnd } = this.#task.rect;
    const { source, dy, statistics } = this.#pass;
    const { rows } = this.#context.workspace;
    if (weight && this.#state.key !== "weights") {
      this.#kernel.prepareWeights(weight, this.#prepared);
      this.#state.key = "weights";
    }
    for (let row = block; row < blockEnd; row++) {
      this.#context.checkCancelled();
      const [x, g, out] = this.#placesOf(row * planeSize);
      const pair = statistics + row * PAIR_BYTES;
      const strides = [planeSize * this.#xSize, planeSize * this.#dySize] as const;
      if (weight) {
        this.#kernel.gradientSumsWeighted(source.dtype, dy.dtype, x, g, 1, planeSize, ...strides, this.#prepared, pair, rows);
      } else this.#kernel.gradientSums(source.dtype, dy.dtype, x, g, 1, planeSize, ...strides, pair, rows);
      const [s = 0, q = 0] = this.#pairs(rows, 1);
      const [mean = 0, rstd = 0] = this.#pairs(pair, 1);
      const by = inputGradient(1, mean, rstd, s, q, planeSize);
      if (weight) {
        this.#kernel.gradientInputWeighted(source.dtype, dy.dtype, dy.dtype, x, g, out, planeSize, this.#prepared, 0, by);
      } else this.#kernel.gradientInput(source.dtype, dy.dtype, dy.dtype, x, g, out, planeSize, by);
    }
  }

  /** Sums of each element of a row, over the rows of a block. */
  columns({ rowsPerBlock }: WorkOf<"columns">): void {
    const { samples, planeSize } = this.#geometry;
    const { block, blockEnd, channel, channelEnd } = this.#task.rect;
    const { source, dy, statistics, sums } = this.#pass;
    for (let b = block; b < blockEnd; b++) {
      this.#context.checkCancelled();
      const first = b * rowsPerBlock;
      const [x, g] = this.#placesOf(first * planeSize + channel);
      this.#kernel.gradientColumnSums(
        source.dtype,
        dy.dtype,
        x,
        g,
        Math.min(rowsPerBlock, samples - first),
        channelEnd - channel,
        planeSize * this.#xSize,
        planeSize * this.#dySize,
        statistics + first * PAIR_BYTES,
        sums + (b * planeSize + channel) * PAIR_BYTES,
      );
    }
  }

  /** Positions of all samples together. */
  get #positions(): number {
    return this.#geometry.samples * this.#geometry.planeSize;
  }

  /** Where element i is in x, dy and dx. */
  #placesOf(i: number): [x: number, dy: number, dx: number] {
    return [this.#x + i * this.#xSize, this.#pass.dy.byteOffset + i * this.#dySize, this.#pass.dx + i * this.#dySize];
  }

  #pairs(at: number, length: number): Float64Array {
    return new Float64Array(this.#kernel.buffer, at, length * PAIR);
  }

  /** Pairs of planes that stand side by side. */
  #planeSums(plane: number, planes: number, statistics: number, to: number): void {
    const { planeSize } = this.#geometry;
    const [x, g] = this.#placesOf(plane * planeSize);
    const strides = [planeSize * this.#xSize, planeSize * this.#dySize] as const;
    this.#kernel.gradientSums(this.#pass.source.dtype, this.#pass.dy.dtype, x, g, planes, planeSize, ...strides, statistics, to);
  }

  /** Pairs of all channels over one leaf of positions; `end` is where positions end. */
  #leafSums(first: number, end: number, statistics: number, to: number): void {
    const { channels } = this.#geometry;
    const [x, g] = this.#placesOf(first * channels);
    this.#kernel.gradientSumsInterleaved(
      this.#pass.source.dtype,
      this.#pass.dy.dtype,
      x,
      g,
      Math.min(LEAF, end - first),
      channels,
      channels * this.#xSize,
      channels * this.#dySize,
      statistics,
      to,
    );
  }

  /** Pairs of one sample's channels where these vary fastest: leaf by leaf, folded. */
  #sampleSums(sample: number, statistics: number, to: number): void {
    const { channels, planeSize } = this.#geometry;
    const start = sample * planeSize;
    const found = this.#pairs(to, channels);
    this.#leafSums(start, start + planeSize, statistics, to);
    if (planeSize <= LEAF) return;
    const fold = new SumFold(channels * PAIR);
    fold.push(found);
    for (let j = LEAF; j < planeSize; j += LEAF) {
      this.#leafSums(start + j, start + planeSize, statistics, to);
      fold.push(found);
    }
    found.set(fold.result());
  }

  /** dx of one plane by the coefficients at an index. */
  #plane(plane: number, { a, b, mean, c }: ChannelGradients, i: number, isConstant: boolean): void {
    const { planeSize } = this.#geometry;
    const { source, dy } = this.#pass;
    const [x, g, out] = this.#placesOf(plane * planeSize);
    if (isConstant) {
      this.#kernel.normalizeRun(dy.dtype, dy.dtype, g, out, planeSize, { mean: 0, scale: a[i] as number, shift: 0 });
      return;
    }
    const by = { a: a[i] as number, b: b[i] as number, mean: mean[i] as number, c: c[i] as number };
    this.#kernel.gradientInput(source.dtype, dy.dtype, dy.dtype, x, g, out, planeSize, by);
  }

  /** Prepares coefficients that repeat with the channels, each for `run` elements. @returns the period */
  #prepare({ a, b, mean, c }: ChannelGradients, run: number, isConstant: boolean, key: string): number {
    const period = a.length * run;
    if (this.#state.key === key) return period;
    const each = (values: Float64Array) =>
      run === 1 ? values : Float64Array.from({ length: period }, (_, i) => values[Math.floor(i / run)] as number);
    if (isConstant) {
      const zeros = new Float64Array(period);
      this.#kernel.preparePeriodic(zeros, each(a), zeros, this.#prepared);
    } else this.#kernel.prepareGradientInput(each(a), each(b), each(mean), each(c), this.#prepared);
    this.#state.key = key;
    return period;
  }

  /** dx of consecutive elements by prepared coefficients; the first one takes the first of them. */
  #periodic(first: number, values: number, period: number, isConstant: boolean): void {
    const { source, dy } = this.#pass;
    const [x, g, out] = this.#placesOf(first);
    if (isConstant) this.#kernel.normalizePeriodic(dy.dtype, dy.dtype, g, out, values, this.#prepared, period);
    else this.#kernel.gradientInputPeriodic(source.dtype, dy.dtype, dy.dtype, x, g, out, values, this.#prepared, period);
  }
}

/** The weighted sums of each channel's group: Σ γ · pair over the group's channels, in order, at each of them. */
function groupSums(pairs: Float64Array, weight: Float64Array | null, firstChannel: number, perGroup: number): Float64Array {
  const out = new Float64Array(pairs.length);
  for (let first = 0; first < pairs.length / PAIR; first += perGroup) {
    let s = 0;
    let q = 0;
    for (let c = first; c < first + perGroup; c++) {
      const w = weight?.[firstChannel + c] ?? 1;
      s += w * (pairs[c * PAIR] as number);
      q += w * (pairs[c * PAIR + 1] as number);
    }
    for (let c = first; c < first + perGroup; c++) out.set([s, q], c * PAIR);
  }
  return out;
}
