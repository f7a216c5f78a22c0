import { type DecodedStorage, dataError, type FileIdentity, geometryOf, itemSize, type StoredTensor } from "@normstream/tensor";
import { openByteSource } from "../bytes/byte-source-opening.js";
import { isFarPlace } from "../places/place.js";
import { indicesOf } from "../regions/blocks.js";
import { holdsFirst } from "../regions/first-element.js";
import { addMissing, type MissingChunks, type RegionReader } from "../regions/region-reader.js";
import { type Box, elementsOf, enclosingBox, scatterBox } from "../regions/scatter.js";
import { type Block, blockDecoder } from "./blocks.js";
import { openRasters } from "./raster.js";
import type { TiffDetails } from "./reader.js";

/** Blocks that are asked for at once at a far place. */
const AT_ONCE = 8;

/** Decodes a raster block by block. The last row of blocks is kept: regions are read from top to bottom. */
export async function decodeTiff(source: StoredTensor<DecodedStorage>): Promise<RegionReader> {
  const { storage, layout, shape, name, dtype } = source;
  const { page, missing: policy } = storage.details as TiffDetails;
  const bytes = openByteSource(storage.path, storage.identity as FileIdentity);
  const readBytes = async (byteOffset: number, byteLength: number) => {
    const target = new Uint8Array(byteLength);
    const count = await bytes.read(target, byteOffset);
    return target.subarray(0, count);
  };
  try {
    const { rasters } = await openRasters(bytes.byteLength, readBytes, { file: name });
    const raster = rasters[page];
    if (!raster) throw dataError(`the file has no page ${page}`, { file: name, hint: "Copy the file again." });
    const { width, height, bands, blockWidth, blockHeight, isPlanar } = raster;
    const decode = await blockDecoder(raster, name, readBytes, dtype);
    const geometry = geometryOf(shape, layout);
    const blocksInRow = Math.ceil(width / blockWidth);
    const kept = new Map<string, Promise<Block>>();
    const atOnce = isFarPlace(storage.path) ? AT_ONCE : 1;
    const axes = [...layout];
    const perBlock: Readonly<Record<string, number>> = { N: 1, C: isPlanar ? 1 : bands, H: blockHeight, W: blockWidth };
    const steps: Readonly<Record<string, number>> = isPlanar
      ? { N: 0, C: 0, H: blockWidth, W: 1 }
      : { N: 0, C: 1, H: blockWidth * bands, W: bands };
    let missing: MissingChunks | null = null;

    const blockAt = (index: readonly number[]): Promise<Block> => {
      const key = index.join();
      const known = kept.get(key);
      const block = known ?? decode(placeOf(index));
      // Its error is told when its turn comes.
      if (!known) block.catch(() => {});
      kept.delete(key);
      kept.set(key, block);
      for (const oldest of kept.keys()) {
        if (kept.size <= Math.max(blocksInRow, atOnce)) break;
        kept.delete(oldest);
      }
      return block;
    };
    const placeOf = (index: readonly number[]) => {
      const at = (axis: string) => index[axes.indexOf(axis)] ?? 0;
      return { x: at("W"), y: at("H"), band: isPlanar ? at("C") : 0 };
    };

    return {
      async read(region, target) {
        const ranges = enclosingBox(layout, geometry, region).map(({ from, to }, axis) => {
          const extent = perBlock[axes[axis] as string] as number;
          return { from: Math.floor(from / extent), to: Math.ceil(to / extent) };
        });
        const waiting: { readonly index: readonly number[]; readonly block: Promise<Block> }[] = [];
        const placeFirst = async () => {
          const first = waiting.shift();
          if (!first) return;
          const { values, isMissing } = await first.block;
          const origin = first.index.map((i, axis) => i * (perBlock[axes[axis] as string] as number));
          const extents = axes.map((axis, i) =>
            Math.min(
              perBlock[axis] as number,
              (axis === "H" ? height : axis === "W" ? width : (shape[i] as number)) - (origin[i] as number),
            ),
          );
          if (isMissing) {
            if (policy === "error") {
              const { x, y } = placeOf(first.index);
              throw dataError(`the block at row ${y * blockHeight}, column ${x * blockWidth} is missing`, {
                file: name,
                hint: "Its values would be nodata, or 0, and count as such with --missing fill.",
              });
            }
            if (holdsFirst(origin, layout, geometry, region))
              missing = addMissing(missing, { count: 1, first: origin.join(", ") });
          }
          const box: Box = {
            data: elementsOf(values, itemSize(dtype)),
            ...{ origin, shape: extents, stride: axes.map((axis) => steps[axis] as number) },
          };
          scatterBox(box, layout, geometry, region, target);
        };
        for (const next of indicesOf(ranges)) {
          const index = [...next];
          waiting.push({ index, block: blockAt(index) });
          if (waiting.length >= atOnce) await placeFirst();
        }
        while (waiting.length > 0) await placeFirst();
      },
      check: () => bytes.check?.(),
      takeMissing() {
        const found = missing;
        missing = null;
        return found;
      },
      [Symbol.dispose]() {
        kept.clear();
        bytes[Symbol.dispose]();
      },
    };
  } catch (error) {
    bytes[Symbol.dispose]();
    throw error;
  }
}
