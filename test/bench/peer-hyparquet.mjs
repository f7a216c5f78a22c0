// The hyparquet peer: mean and variance of each column of a Parquet file, summed in float64 page by page as they are decoded. It
// reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout; times are
// taken inside, around the call alone.
//   version
//   stats PATH   sums about each column's first value, in one thread; no minimum and no maximum
// It is started as: peer-hyparquet.mjs FOLDER, of node_modules.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = join(argv[2], "node_modules", "hyparquet");
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import(
  pathToFileURL(join(folder, "src", "node.js")).href
);

async function statistics(path) {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const columns = new Map();
  const onPage = ({ pathInSchema: [name], columnData }) => {
    const column = columns.get(name) ?? { count: 0, pivot: columnData[0], sum: 0, squares: 0 };
    columns.set(name, column);
    const { pivot } = column;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < columnData.length; i++) {
      const d = columnData[i] - pivot;
      sum += d;
      squares += d * d;
    }
    column.count += columnData.length;
    column.sum += sum;
    column.squares += squares;
  };
  await parquetRead({ file, metadata, onPage });
  const names = metadata.schema.filter(({ type }) => type !== undefined).map(({ name }) => name);
  const found = names.map((name) => columns.get(name));
  return {
    mean: found.map(({ pivot, sum, count }) => pivot + sum / count),
    variance: found.map(({ sum, squares, count }) => squares / count - (sum / count) ** 2),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [op, path] = line.split("\t");
  const start = performance.now();
  const facts = op === "version" ? { version } : await statistics(path);
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - start, ...facts })}\n`);
}
