import { type ArrayPart, internalError, itemSize, type Region, regionSize, type StoredTensor } from "@normstream/tensor";
import { swapBytes } from "../bytes/byte-swap.js";
import { decodedRegions } from "./decoded-regions.js";
import { fileRegions } from "./file-regions.js";
import { addMissing, type MissingChunks, type ReadObject, type RegionReader } from "./region-reader.js";

/** Files that a thread holds open at once. */
const OPEN_PARTS = 8;

/** Reads elements that stand in many arrays, joined along N. */
export function partRegions(whole: StoredTensor<unknown>): RegionReader {
  const open = new Map<number, RegionReader>();
  const size = itemSize(whole.dtype);
  let missing: MissingChunks | null = null;
  let objects: ReadObject[] = [];
  const close = (reader: RegionReader) => {
    objects.push(...(reader.takeObjects?.() ?? []));
    missing = addMissing(missing, reader.takeMissing?.() ?? null);
    reader[Symbol.dispose]();
  };
  const readerOf = (part: ArrayPart): RegionReader => {
    const known = open.get(part.firstSample);
    if (known) return known;
    for (const [oldest, reader] of open) {
      if (open.size < OPEN_PARTS) break;
      open.delete(oldest);
      close(reader);
    }
    const reader = partReader(whole, part);
    open.set(part.firstSample, reader);
    return reader;
  };
  return {
    async read(region, target, parts = []) {
      const perSample = (regionSize(region) / (region.sampleEnd - region.sample)) * size;
      let next = region.sample;
      for (const part of parts as readonly ArrayPart[]) {
        const from = Math.max(region.sample, part.firstSample);
        const to = Math.min(region.sampleEnd, part.firstSample + part.samples);
        if (from >= to) continue;
        if (from !== next) break;
        const start = part.firstSample - (part.arrayStart ?? 0);
        const own: Region = { ...region, sample: from - start, sampleEnd: to - start };
        const bytes = target.subarray((from - region.sample) * perSample, (to - region.sample) * perSample);
        const reader = readerOf(part);
        const reading = reader.read(own, bytes);
        if (reading) await reading;
        reader.check?.();
        if (part.bigEndian !== whole.bigEndian) swapBytes(bytes, size);
        next = to;
      }
      if (next !== region.sampleEnd) {
        throw internalError(`no part holds sample ${next}`, { file: whole.name, found: `${parts.length} parts` });
      }
    },
    takeMissing() {
      for (const reader of open.values()) missing = addMissing(missing, reader.takeMissing?.() ?? null);
      const found = missing;
      missing = null;
      return found;
    },
    takeObjects() {
      for (const reader of open.values()) objects.push(...(reader.takeObjects?.() ?? []));
      const found = objects;
      objects = [];
      return found;
    },
    [Symbol.dispose]() {
      for (const reader of open.values()) reader[Symbol.dispose]();
      open.clear();
    },
  };
}

function partReader(whole: StoredTensor<unknown>, part: ArrayPart): RegionReader {
  const { name, samples, arraySamples = samples, order, bigEndian, storage } = part;
  const { dtype, layout, shape } = whole;
  const source = { name, shape: [arraySamples, ...shape.slice(1)], dtype, layout, order, bigEndian };
  return storage.kind === "file" ? fileRegions({ ...source, storage }) : decodedRegions({ ...source, storage });
}
