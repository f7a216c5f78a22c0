import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRegions, openTensor } from "@normstream/formats";
import { geometryOf, itemSize, type PartsStorage } from "@normstream/tensor";
import { expect, test } from "vitest";
import { expectError, scratchFolder } from "./scratch.js";
import { arrowTable, ipc, parquet } from "./written-tables.js";

const scratch = scratchFolder();
const table = () => arrowTable({ a: { type: "float64", values: [1, 3] }, b: { type: "float64", values: [2, 4] } });

/** Files that are decoded, by their extension. */
const FILES: Readonly<Record<string, () => Uint8Array>> = {
  csv: () => Buffer.from("a,b\n1,2\n3,4\n"),
  arrow: () => ipc(table(), "file"),
  parquet: () => parquet(table()),
  h5: () => readFileSync(fileURLToPath(new URL("fixture.h5", import.meta.url))),
};

test.each(Object.keys(FILES))("a .%s file of a folder that changes while it is held open is refused", async (extension) => {
  const folder = scratch.fresh("");
  mkdirSync(folder);
  for (const name of ["1", "2"]) writeFileSync(join(folder, `${name}.${extension}`), FILES[extension]?.() ?? "");
  await using source = await openTensor(folder, extension === "h5" ? { select: "plain/little-f4" } : {});
  const { channels, planeSize, samples } = geometryOf(source.shape, source.layout);
  const region = { sample: 0, sampleEnd: 1, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize };
  const target = new Uint8Array(channels * planeSize * itemSize(source.dtype));
  const { slice, ...storage } = source.storage as PartsStorage;
  using reader = openRegions({ ...source, storage });
  const read = async () => await reader.read(region, target, slice.call(source.storage, 0, samples));
  await read();
  appendFileSync(join(folder, `1.${extension}`), "more");
  await expectError(read, "data", `1.${extension}`, "the file changed after it was opened");
  expect(samples).toBeGreaterThan(1);
});
