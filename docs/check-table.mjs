// normstream/table/1 once more, from docs/table.md alone: plain JavaScript, no import but node:crypto.
//   node docs/check-table.mjs     prints the worked example's rows and digest
// The numbers in brackets are those of the rules.
import { createHash } from "node:crypto";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

const EMPTY = [0, 0, 0, Infinity, -Infinity, 0, 0, 0];

/** [4] Sums about a pivot over the first `limit` positions: n, s, q. */
function sums(values, p, isTable, limit = values.length, scale = 1) {
  const s = [0, 0, 0, 0];
  const q = [0, 0, 0, 0];
  let n = 0;
  let t = 0;
  let u = 0;
  const end = Math.min(limit, values.length);
  for (let j = 0; j < end; j++) {
    if (Number.isFinite(values[j])) {
      const d = values[j] * scale - p;
      n += 1;
      if (isTable) {
        t += d;
        u += d * d;
      } else {
        s[j % 4] += d;
        q[j % 4] += d * d;
      }
    }
    if (isTable && (j % 8 === 7 || j === end - 1)) {
      s[0] += t;
      q[0] += u;
      t = 0;
      u = 0;
    }
  }
  return { n, s: s[0] + s[2] + (s[1] + s[3]), q: q[0] + q[2] + (q[1] + q[3]) };
}

/** [5] and [6]: the row of one leaf. */
function leaf(values, kind) {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  const row = [...EMPTY];
  row[5] = values.filter(Number.isNaN).length;
  row[6] = values.filter((x) => x === Infinity).length;
  row[7] = values.filter((x) => x === -Infinity).length;
  if (n === 0) return row;
  row[0] = n;
  row[3] = finite.reduce((a, b) => Math.min(a, b)) + 0;
  row[4] = finite.reduce((a, b) => Math.max(a, b)) + 0;
  if (kind === "integer") {
    const sum = finite.reduce((a, x) => a + BigInt(x), 0n);
    const squares = finite.reduce((a, x) => a + BigInt(x) ** 2n, 0n);
    row[1] = Number(sum) / n + 0;
    row[2] = Number(BigInt(n) * squares - sum * sum) / n;
    return row;
  }
  const isTable = kind === "table";
  const isFar = ({ n, s, q }) => q > 16 * (q - s * (s / n));
  const first = sums(values, 0, isTable, 64);
  const narrow = Math.fround(first.s / first.n);
  let p = first.n > 0 && isFar(first) ? (Number.isFinite(narrow) ? narrow : first.s / first.n) : 0;
  let all = sums(values, p, isTable);
  if (isFar(all) && all.s !== 0) {
    p += all.s / n;
    all = sums(values, p, isTable);
  }
  row[1] = Number.isFinite(all.s) ? p + all.s / n : (sums(values, 0, isTable, values.length, 2 ** -64).s / n) * 2 ** 64;
  row[2] = all.q === Infinity ? Infinity : Math.max(0, all.q - all.s * (all.s / n));
  return row;
}

/** [8] */
function merge(a, b) {
  const row = [0, 0, 0, Math.min(a[3], b[3]), Math.max(a[4], b[4]), a[5] + b[5], a[6] + b[6], a[7] + b[7]];
  if (a[0] === 0 || b[0] === 0) {
    const [n, mean, m2] = a[0] === 0 ? b : a;
    return [n, mean, m2, ...row.slice(3)];
  }
  const n = a[0] + b[0];
  const delta = b[1] - a[1];
  row[0] = n;
  row[1] = Number.isFinite(delta) ? a[1] + delta * (b[0] / n) : a[1] * (a[0] / n) + b[1] * (b[0] / n);
  row[2] = a[2] + b[2] + delta * delta * ((a[0] * b[0]) / n);
  return row;
}

/** [9] */
function fold(rows) {
  const stack = [];
  const mergeTop = () => {
    const b = stack.pop();
    stack.push(merge(stack.pop(), b));
  };
  rows.forEach((row, i) => {
    stack.push(row);
    for (let bits = i; bits % 2 === 1; bits = Math.floor(bits / 2)) mergeTop();
  });
  while (stack.length > 1) mergeTop();
  return stack[0] ?? EMPTY;
}

/**
 * The table of moments of a small tensor.
 * @param x x[n][c] holds the plane of sample n, channel c: an array of S numbers
 * @returns rows[b][c], each of 8 numbers, the totals of each channel, and the digest
 */
export function tableOf(x, dtype, { perInstance = false, batchSize = 0 } = {}) {
  const [N, C, S] = [x.length, x[0].length, x[0][0].length];
  const R = perInstance || S >= 256 ? 1 : 2 ** Math.ceil(Math.log2(4096 / S)); // [2]
  const B = R === 1 ? 0 : batchSize;
  const kind = /^u?int(8|16)$/.test(dtype) ? "integer" : S === 1 && R > 1 ? "table" : "float";
  const rows = [];
  for (let n = 0; n < N; ) {
    const batchEnd = B === 0 ? N : Math.min(N, (Math.floor(n / B) + 1) * B);
    const end = Math.min(batchEnd, n + R);
    const line = [];
    for (let c = 0; c < C; c++) {
      const values = x.slice(n, end).flatMap((sample) => sample[c]);
      const leaves = []; // [3]: where R > 1 there is one, and it never exceeds 8192 positions
      for (let j = 0; j < values.length; j += 8192) leaves.push(leaf(values.slice(j, j + 8192), kind));
      line.push(fold(leaves)); // [10]
    }
    rows.push(line);
    n = end;
  }
  const totals = x[0].map((_, c) => fold(rows.map((line) => line[c]))); // [10]
  const outer = createHash("sha256");
  for (let b = 0; b < rows.length; b += 256) {
    const values = rows.slice(b, b + 256).flat(2);
    const panel = Buffer.alloc(8 * values.length); // [12]: every row 64 bytes
    for (let i = 0; i < values.length; i++) panel.writeDoubleLE(values[i], 8 * i); // [7]
    outer.update(createHash("sha256").update(panel).digest());
  }
  const digest = outer.update(`normstream/table/1 ${dtype} ${N} ${C} ${S} ${R} ${B}`).digest("hex"); // [13]
  return { rows, totals, digest };
}

/** The tensor of the worked example, `[2, 2, 3]`, layout NCL. */
export const EXAMPLE = [
  [
    [1, 2, 3],
    [10, 10, 10],
  ],
  [
    [5, 6, 10],
    [20, 30, 40],
  ],
];

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const { rows, totals, digest } = tableOf(EXAMPLE, "float32", { perInstance: true });
  const show = (row) => row.map((value) => String(value).padStart(4)).join("  ");
  const lines = rows.flatMap((line, b) => line.map((row, c) => `row (${b}, ${c})    ${show(row)}`));
  totals.forEach((row, c) => {
    lines.push(`channel ${c}     ${show(row)}    variance ${row[2] / row[0]}`);
  });
  process.stdout.write(`${lines.join("\n")}\ndigest ${digest}\n`);
}
