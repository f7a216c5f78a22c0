// Statistics of 10,000 PNG files, beside sharp alone decoding the same files with as many threads, and beside a loop of
// PyTorch and Pillow where they are installed (PYTHON=… names a Python that has them).
//   node test/bench/images.mjs [--rounds 7] [--threads 2]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import sharp from "sharp";
import { startPython } from "./peers.mjs";

const BAR = 0.9;
const LOOP_BAR = 1.5;
const LOOP = fileURLToPath(new URL("./peer_images.py", import.meta.url));
const FASHION = fileURLToPath(new URL("../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url));
const COUNT = 10_000;
const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Images that a thread has on their way, as ours do where they are small. */
const AT_ONCE = 4;

if (isMainThread) await compare();
else serve();

/** Sharp alone: each thread reads and decodes every n-th file, and sums the bytes so that they are looked at. */
function serve() {
  const { paths } = workerData;
  sharp.concurrency(1);
  sharp.cache(false);
  const decode = async (path) => {
    const { data } = await sharp(readFileSync(path), { failOn: "warning", ignoreIcc: true })
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    let sum = 0;
    for (const value of data) sum += value;
    return sum;
  };
  parentPort.on("message", async () => {
    let next = 0;
    let sum = 0;
    const one = async () => {
      while (next < paths.length) {
        const own = await decode(paths[next++]);
        sum += own;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    parentPort.postMessage(sum);
  });
}

async function compare() {
  const { computeStatistics, createPool, openTensor } = await import("normstream");
  const { values } = parseArgs({ options: { rounds: { type: "string" }, threads: { type: "string" } } });
  const rounds = Number(values.rounds ?? 7);
  const threads = Number(values.threads ?? 2);
  const folder = mkdtempSync(join(tmpdir(), "normstream-images-"));
  try {
    const paths = await writeImages(folder);
    const workers = Array.from(
      { length: threads },
      (_, i) => new Worker(new URL(import.meta.url), { workerData: { paths: paths.filter((_, n) => n % threads === i) } }),
    );
    const pool = createPool({ threads });
    const ours = async () => {
      const source = await openTensor(folder);
      const { digest, moments } = await computeStatistics(source, { pool });
      await source[Symbol.asyncDispose]();
      return { digest, sum: moments.mean[0] * moments.count[0] };
    };
    const alone = async () => {
      const answers = workers.map((worker) => new Promise((resolve) => worker.once("message", resolve)));
      for (const worker of workers) worker.postMessage("go");
      return { sum: (await Promise.all(answers)).reduce((a, b) => a + b) };
    };
    const timed = async (run) => {
      const started = performance.now();
      return { ...(await run()), ms: performance.now() - started };
    };
    const [warm, peer] = [await timed(ours), await timed(alone)];
    const expected = await computeStatistics(await openTensor(FASHION));
    const isSame = warm.digest === expected.digest && Math.abs(warm.sum - peer.sum) < 1;
    const loop = await startLoop(folder);
    const isLoopSame =
      !loop ||
      (Math.abs(loop.first.mean - expected.mean[0]) < 1e-9 && Math.abs(loop.first.variance - expected.variance[0]) < 1e-6);
    const ratios = [];
    const loopRatios = [];
    for (let round = 0; round < rounds; round++) {
      const both = {};
      // Another one begins each round.
      for (const name of round % 2 === 0 ? ["ours", "alone"] : ["alone", "ours"]) {
        both[name] = (await timed(name === "ours" ? ours : alone)).ms;
      }
      ratios.push(both.alone / both.ours);
      if (loop) loopRatios.push((await loop.run()).ms / both.ours);
      process.stdout.write(
        `round ${round + 1}: ours ${both.ours.toFixed(0)} ms, sharp alone ${both.alone.toFixed(0)} ms, ratio ${(both.alone / both.ours).toFixed(3)}\n`,
      );
    }
    const sorted = ratios.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    process.stdout.write(
      `${COUNT} PNGs of ${SIDE} × ${SIDE}, ${threads} threads: ${(100 * median).toFixed(1)} % of sharp alone ` +
        `(${(100 * sorted[0]).toFixed(1)} to ${(100 * sorted.at(-1)).toFixed(1)} %), bar ${100 * BAR} %: ${median >= BAR ? "reached" : "MISSED"}\n`,
    );
    if (loop) {
      const all = loopRatios.toSorted((a, b) => a - b);
      const middle = all[Math.floor(all.length / 2)];
      process.stdout.write(
        `${middle.toFixed(2)} × (${all[0].toFixed(2)} to ${all.at(-1).toFixed(2)}) a loop of PyTorch ${loop.version}, ${loop.way}, ` +
          `bar ${LOOP_BAR} ×: ${middle >= LOOP_BAR ? "reached" : "MISSED"}; its answer ${isLoopSame ? "agrees" : "is WRONG"}\n`,
      );
    } else process.stdout.write("missing: no Python here imports torch and PIL (PYTHON=… names another)\n");
    process.stdout.write(`statistics are ${isSame ? "those of the IDX file, bit for bit" : "WRONG"}\n`);
    if (!isSame) process.exitCode = 1;
    await loop?.close();
    for (const worker of workers) await worker.terminate();
    await pool[Symbol.asyncDispose]();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The loop in the faster of its ways, warmed up; null where it is not installed. */
async function startLoop(folder) {
  const versions = {};
  const peer = await startPython("torch and PIL", [LOOP], {}, [], versions);
  if (!peer) return null;
  const { ways } = await peer.ask("ways");
  const tried = [];
  for (const way of ways) tried.push({ way, ...(await peer.ask("stats", way, folder)) });
  const first = tried.reduce((best, each) => (each.ms < best.ms ? each : best));
  const [version] = Object.values(versions);
  return { version, way: first.way, first, run: () => peer.ask("stats", first.way, folder), close: peer.close };
}

async function writeImages(folder) {
  const pixels = gunzipSync(readFileSync(FASHION)).subarray(16);
  const paths = [];
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < COUNT; n++) {
    const raw = { width: SIDE, height: SIDE, channels: 1 };
    const path = join(folder, `${String(n).padStart(5, "0")}.png`);
    writeFileSync(
      path,
      await sharp(pixels.subarray(n * PIXELS, (n + 1) * PIXELS), { raw })
        .toColourspace("b-w")
        .png()
        .toBuffer(),
    );
    paths.push(path);
  }
  return paths;
}
