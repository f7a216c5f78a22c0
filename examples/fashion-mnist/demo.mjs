// The main job on real data, from start to end:  npm run demo
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { carPrices } from "../car-prices/car-prices.mjs";
import { bold, dim, heading, say, summary } from "../terminal.mjs";
import { bothNorms, sameBits, statistics } from "./fashion-mnist.mjs";

const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), "normstream-demo-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
process.once("SIGINT", () => process.exit(130));

say(`${bold("Normstream")}: exact batch and instance normalization of data larger than memory`);
const images = await statistics();
await sameBits(images);
await bothNorms(images, folder);
await carPrices(folder);

heading("What to try next");
say(dim("   The examples are in examples/, and the normalized files above are gone again.\n"));
say(`   npx --no normstream stats examples/car-prices/cars.npy
   npx --no normstream normalize examples/car-prices/cars.npy -o cars.norm.npy
   npx --no normstream info examples/fashion-mnist/t10k-images-idx3-ubyte.gz
   npx --no normstream stats YOUR-FILE.npy --layout NCHW
   npx --no normstream help
`);
say(`${summary()} ${dim(`${((performance.now() - started) / 1000).toFixed(1)} s`)}`);
