// The peer for images: sharp alone, in as many threads as its argument says. It reads one command a line from stdin, fields
// separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around the call alone.
//   version
//   write COUNT FOLDER   the first images of Fashion-MNIST as PNG files
//   mean FOLDER          the mean of all bytes: each thread reads and decodes every n-th file, and sums what it decoded
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { createInterface } from "node:readline";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import sharp from "sharp";
import { SIDE, testImages } from "./fashion.mjs";

/** Images that a thread has on their way, as ours do where they are small. */
const AT_ONCE = 4;

sharp.concurrency(1);
sharp.cache(false);
if (isMainThread) await answer(Number(argv[2] ?? 2));
else parentPort.on("message", async (paths) => parentPort.postMessage(await sumsOf(paths)));

async function answer(threads) {
  const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url)));
  const commands = {
    version: () => ({ version: sharp.versions.sharp }),
    write: ([count, folder]) => writeImages(Number(count), folder),
    async mean([folder]) {
      const paths = readdirSync(folder).map((name) => join(folder, name));
      const answers = workers.map((worker) => new Promise((resolve) => worker.once("message", resolve)));
      for (const [i, worker] of workers.entries()) worker.postMessage(paths.filter((_, n) => n % threads === i));
      const sums = await Promise.all(answers);
      const [sum, count] = [0, 1].map((k) => sums.reduce((total, each) => total + each[k], 0));
      return { mean: [sum / count] };
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const [op, ...fields] = line.split("\t");
    const start = performance.now();
    const facts = await commands[op](fields);
    process.stdout.write(`${JSON.stringify({ ms: performance.now() - start, ...facts })}\n`);
  }
  for (const worker of workers) await worker.terminate();
}

/** Sum and count of the bytes of all files. */
async function sumsOf(paths) {
  let next = 0;
  let sum = 0;
  let count = 0;
  const decode = async () => {
    while (next < paths.length) {
      const { data } = await sharp(readFileSync(paths[next++]), { failOn: "warning", ignoreIcc: true })
        .toColourspace("b-w")
        .raw()
        .toBuffer({ resolveWithObject: true });
      let own = 0;
      for (const value of data) own += value;
      sum += own;
      count += data.length;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, decode));
  return [sum, count];
}

async function writeImages(count, folder) {
  const pixels = testImages();
  const size = SIDE * SIDE;
  for (let n = 0; n < count; n++) {
    const raw = { width: SIDE, height: SIDE, channels: 1 };
    const png = await sharp(pixels.subarray(n * size, (n + 1) * size), { raw })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    writeFileSync(join(folder, `${String(n).padStart(5, "0")}.png`), png);
  }
}
