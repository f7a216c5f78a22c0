import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SIDE, testImages } from "./fashion.mjs";
import { fastestWay } from "./file-input.mjs";
import { momentsOf, planeRuns } from "./reference.mjs";

const OURS = "Normstream";
const SHARP = "sharp, 2 threads, decoding and summing alone";

/** Jobs on folders of images. @param setting { peers, size, folder } */
export function imageJobs({ peers, size, folder }) {
  const images = join(folder, "images");
  const count = size.images;
  let pillow = null;
  return [
    {
      name: "folder of PNG files",
      group: "Images",
      about: `${count} grey PNG files of ${SIDE} × ${SIDE}, statistics of all pixels; sharp reads and decodes the same files, and sums them`,
      ours: OURS,
      values: count * SIDE * SIDE,
      payloadBytes: count * SIDE * SIDE,
      async prepare() {
        if (!peers.sharp) return;
        mkdirSync(images);
        await peers.sharp.ask("write", count, images);
        if (!peers.pillow) return;
        const { ways } = await peers.pillow.ask("ways");
        const way = await fastestWay(size, ways, (each) => peers.pillow.ask("stats", each, images));
        pillow = { name: `PyTorch, loop with Pillow, ${way}`, run: () => peers.pillow.ask("stats", way, images) };
      },
      contenders: () =>
        peers.sharp
          ? [
              { name: SHARP, run: () => peers.sharp.ask("mean", images) },
              ...(pillow ? [pillow] : []),
              { name: OURS, run: () => peers.ours.ask("stats", images) },
            ]
          : [],
      ratios: () => [
        { of: OURS, to: SHARP, atLeast: 0.95 },
        { of: OURS, to: pillow?.name },
      ],
      reference: () => momentsOf(() => planeRuns(testImages(), [count, 1, SIDE, SIDE], 1), 1),
      skipped: () => (peers.sharp ? [] : ["sharp writes the files, and is missing"]),
    },
  ];
}
