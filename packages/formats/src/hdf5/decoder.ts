import { type DecodedStorage, dataError, type FileIdentity, geometryOf, itemSize, type StoredTensor } from "@normstream/tensor";
import { indicesOf } from "../regions/blocks.js";
import type { RegionReader } from "../regions/region-reader.js";
import { elementsOf, enclosingBox, scatterBox } from "../regions/scatter.js";
import { loadH5Wasm } from "./h5wasm-loading.js";
import { mountFile } from "./mounted-file.js";
import type { Hdf5Details } from "./reader.js";

/** Reads a data set block by block: chunks, or some rows at a time. */
export async function decodeHdf5(source: StoredTensor<DecodedStorage>): Promise<RegionReader> {
  const { storage, layout, shape, name } = source;
  const { path, blockShape } = storage.details as Hdf5Details;
  const library = await loadH5Wasm();
  const { module } = library;
  const mounted = mountFile(library, storage.path, storage.identity as FileIdentity);
  const geometry = geometryOf(shape, layout);
  const size = itemSize(source.dtype);
  const pointer = module._malloc(blockShape.reduce((a, b) => a * b, size));

  const readBlock = (origin: readonly number[], extents: readonly number[]): void => {
    const big = (values: readonly number[]) => values.map(BigInt);
    try {
      const ones = origin.map(() => 1n);
      const status = module.get_dataset_data(mounted.file.file_id, path, big(extents), big(origin), ones, BigInt(pointer));
      if (status < 0) throw new Error(`status ${status}`);
    } catch (cause) {
      throw dataError(`the values at ${origin.join(", ")} cannot be read`, {
        file: name,
        hint: "Copy or write the file again.",
        cause,
      });
    }
  };

  return {
    read(region, target) {
      const box = enclosingBox(layout, geometry, region);
      const blocks = box.map(({ from, to }, axis) => {
        const extent = blockShape[axis] as number;
        return { from: Math.floor(from / extent), to: Math.ceil(to / extent) };
      });
      for (const index of indicesOf(blocks)) {
        const origin = index.map((i, axis) => i * (blockShape[axis] as number));
        const extents = origin.map((first, axis) => Math.min(blockShape[axis] as number, (shape[axis] as number) - first));
        readBlock(origin, extents);
        const count = extents.reduce((a, b) => a * b, size);
        // The library's memory may have grown: it is looked up each time.
        const data = elementsOf(new Uint8Array(module.HEAPU8.buffer, pointer, count), size);
        const stride = extents.map((_, axis) => extents.slice(axis + 1).reduce((a, b) => a * b, 1));
        scatterBox({ data, origin, shape: extents, stride }, layout, geometry, region, target);
      }
    },
    check: () => mounted.check(),
    [Symbol.dispose]() {
      module._free(pointer);
      mounted[Symbol.dispose]();
    },
  };
}
