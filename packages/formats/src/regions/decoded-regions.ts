import type { DecodedStorage, StoredTensor } from "@normstream/tensor";
import { loadDecoder } from "../decoder-registry.js";
import type { RegionReader } from "./region-reader.js";

/** Reads elements through their decoder, which is loaded when the first region is read. */
export function decodedRegions(source: StoredTensor<DecodedStorage>): RegionReader {
  let opening: Promise<RegionReader> | undefined;
  let reader: RegionReader | undefined;
  let isDisposed = false;
  const open = async () => {
    const decode = await loadDecoder(source.storage.decoder);
    reader = await decode(source);
    if (isDisposed) reader[Symbol.dispose]();
    return reader;
  };
  return {
    read(region, target) {
      if (reader) return reader.read(region, target);
      opening ??= open();
      return opening.then((opened) => opened.read(region, target));
    },
    expect(region) {
      reader?.expect?.(region);
    },
    check: () => reader?.check?.(),
    takeObjects: () => reader?.takeObjects?.() ?? [],
    takeMissing: () => reader?.takeMissing?.() ?? null,
    [Symbol.dispose]() {
      if (isDisposed) return;
      isDisposed = true;
      reader?.[Symbol.dispose]();
    },
  };
}
