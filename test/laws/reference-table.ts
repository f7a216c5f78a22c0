import { createHash } from "node:crypto";

/**
 * The rules of `normstream/table/1`, written down once more and plainly, from docs/table.md alone: a reader can check them by hand, and
 * nothing of Normstream is imported. One value at a time, arrays of arrays, BigInt for integers.
 */

/** n, mean, m2, min, max, and the counts of NaN, +Infinity and −Infinity (rule 7). */
export type Row = readonly [
  n: number,
  mean: number,
  m2: number,
  min: number,
  max: number,
  nan: number,
  posInf: number,
  negInf: number,
];

/** What the table is a table of: element (n, c, j), widened to float64, wherever it is stored (rule 1). */
export interface Data {
  readonly dtype: string;
  readonly samples: number;
  readonly channels: number;
  readonly planeSize: number;
  at(n: number, c: number, j: number): number;
}

export interface Options {
  readonly perInstance?: boolean;
  readonly batchSize?: number;
}

const EMPTY: Row = [0, 0, 0, Infinity, -Infinity, 0, 0, 0];
const INTEGERS = ["uint8", "int8", "uint16", "int16"];
const LEAF = 8192;
const PANEL = 256;

/** Rule 2. */
const grain = (planeSize: number, perInstance = false): number =>
  perInstance || planeSize >= 256 ? 1 : 2 ** Math.ceil(Math.log2(4096 / planeSize));

/** Rules 4 to 7: the row of one leaf. */
function leaf(values: readonly number[], dtype: string, isTable: boolean): Row {
  const finite = values.filter(Number.isFinite);
  const others = finite.length === values.length ? [] : values.filter((x) => !Number.isFinite(x));
  const count = (wanted: number) => others.filter((x) => Object.is(x, wanted)).length;
  const specials = [count(NaN), count(Infinity), count(-Infinity)] as const;
  if (finite.length === 0) return [0, 0, 0, Infinity, -Infinity, ...specials];
  // Adding +0 turns −0 into +0.
  const min = finite.reduce((a, b) => Math.min(a, b)) + 0;
  const max = finite.reduce((a, b) => Math.max(a, b)) + 0;
  const [mean, m2] = INTEGERS.includes(dtype) ? integerMoments(finite) : floatMoments(values, finite.length, isTable);
  return [finite.length, mean + 0, m2, min, max, ...specials];
}

/** Rule 6. */
function integerMoments(values: readonly number[]): [mean: number, m2: number] {
  let sum = 0n;
  let squares = 0n;
  for (const x of values) {
    sum += BigInt(x);
    squares += BigInt(x) * BigInt(x);
  }
  const n = BigInt(values.length);
  return [Number(sum) / Number(n), Number(n * squares - sum * sum) / Number(n)];
}

/** Rule 5, and what fills it at the end of float64's range: a pivot beyond float32, and Σx beyond float64. */
function floatMoments(values: readonly number[], count: number, isTable: boolean): [mean: number, m2: number] {
  const isOff = (n: number, s: number, q: number) => q > 16 * (q - s * (s / n));
  const first = sums(values.slice(0, 64), 0, isTable);
  const rounded = Math.fround(first.s / first.n);
  let p = first.n > 0 && isOff(first.n, first.s, first.q) ? (Number.isFinite(rounded) ? rounded : first.s / first.n) : 0;
  let { s, q } = sums(values, p, isTable);
  if (isOff(count, s, q) && s !== 0) {
    p = p + s / count;
    ({ s, q } = sums(values, p, isTable));
  }
  if (!Number.isFinite(s)) {
    const scaled = sums(
      values.map((x) => x * 2 ** -64),
      0,
      isTable,
    );
    return [(scaled.s / count) * 2 ** 64, Infinity];
  }
  return [p + s / count, q === Infinity ? Infinity : Math.max(0, q - s * (s / count))];
}

/** Rule 4: position j feeds lane j mod 4; planes of one value are summed in groups of 8, which are lane 0. */
function sums(values: readonly number[], p: number, isTable: boolean): { n: number; s: number; q: number } {
  let n = 0;
  const s: [number, number, number, number] = [0, 0, 0, 0];
  const q: [number, number, number, number] = [0, 0, 0, 0];
  let groupS = 0;
  let groupQ = 0;
  for (let j = 0; j < values.length; j++) {
    const x = values[j] as number;
    if (Number.isFinite(x)) {
      const d = x - p;
      n++;
      if (isTable) {
        groupS += d;
        groupQ += d * d;
      } else {
        s[(j % 4) as 0] += d;
        q[(j % 4) as 0] += d * d;
      }
    }
    if (isTable && (j % 8 === 7 || j === values.length - 1)) {
      s[0] += groupS;
      q[0] += groupQ;
      groupS = 0;
      groupQ = 0;
    }
  }
  return { n, s: s[0] + s[2] + (s[1] + s[3]), q: q[0] + q[2] + (q[1] + q[3]) };
}

/** Rule 8. */
function merge(a: Row, b: Row): Row {
  const rest = [Math.min(a[3], b[3]), Math.max(a[4], b[4]), a[5] + b[5], a[6] + b[6], a[7] + b[7]] as const;
  if (a[0] === 0) return [b[0], b[1], b[2], ...rest];
  if (b[0] === 0) return [a[0], a[1], a[2], ...rest];
  const delta = b[1] - a[1];
  const n = a[0] + b[0];
  // Means so far apart that their difference overflows.
  if (Math.abs(delta) === Infinity) return [n, a[1] * (a[0] / n) + b[1] * (b[0] / n), Infinity, ...rest];
  return [n, a[1] + delta * (b[0] / n), a[2] + b[2] + delta * delta * ((a[0] * b[0]) / n), ...rest];
}

/** Rule 9. */
function fold(rows: readonly Row[]): Row {
  const stack: Row[] = [];
  const mergeTop = () => {
    const b = stack.pop() as Row;
    const a = stack.pop() as Row;
    stack.push(merge(a, b));
  };
  for (const [i, row] of rows.entries()) {
    stack.push(row);
    for (let bits = i; bits % 2 === 1; bits = (bits - 1) / 2) mergeTop();
  }
  while (stack.length > 1) mergeTop();
  return stack[0] ?? EMPTY;
}

/** Blocks as ranges of samples; they restart at each batch (rule 2). */
function blocks({ samples, planeSize }: Data, { perInstance, batchSize }: Options): [from: number, to: number][] {
  const R = grain(planeSize, perInstance);
  const B = R > 1 && batchSize !== undefined ? batchSize : samples;
  const found: [number, number][] = [];
  for (let batch = 0; batch < samples; batch += B) {
    const end = Math.min(samples, batch + B);
    for (let n = batch; n < end; n += R) found.push([n, Math.min(end, n + R)]);
  }
  return found;
}

/** The table, `[blocks][C]` rows (rules 3 and 10). */
export function table(data: Data, options: Options = {}): Row[][] {
  const { channels, planeSize, dtype } = data;
  const R = grain(planeSize, options.perInstance);
  return blocks(data, options).map(([from, to]) =>
    Array.from({ length: channels }, (_, c) => {
      const values: number[] = [];
      for (let n = from; n < to; n++) for (let j = 0; j < planeSize; j++) values.push(data.at(n, c, j));
      const size = R > 1 ? values.length : LEAF;
      const leaves: Row[] = [];
      for (let k = 0; k < values.length; k += size) leaves.push(leaf(values.slice(k, k + size), dtype, planeSize === 1));
      return fold(leaves);
    }),
  );
}

/** Rules 12 and 13. */
export function digest(rows: readonly Row[][], data: Data, options: Options = {}): string {
  const R = grain(data.planeSize, options.perInstance);
  const B = R === 1 ? 0 : (options.batchSize ?? 0);
  const whole = createHash("sha256");
  for (let b = 0; b < rows.length; b += PANEL) {
    const panel = createHash("sha256");
    for (const row of rows.slice(b, b + PANEL).flat()) {
      const bytes = Buffer.alloc(64);
      for (const [i, field] of row.entries()) bytes.writeDoubleLE(field, 8 * i);
      panel.update(bytes);
    }
    whole.update(panel.digest());
  }
  const { dtype, samples, channels, planeSize } = data;
  whole.update(`normstream/table/1 ${dtype} ${samples} ${channels} ${planeSize} ${R} ${B}`);
  return whole.digest("hex");
}
