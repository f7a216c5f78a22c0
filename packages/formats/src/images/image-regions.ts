import type { ImagesStorage } from "@normstream/tensor";
import { dataError, geometryOf, type ImagePart, itemSize, type StoredTensor } from "@normstream/tensor";
import type { RegionReader } from "../regions/region-reader.js";
import { ImageReader } from "./image-reader.js";

/** Reads images as the tensor that they are where all have one size. */
export function imageRegions(source: StoredTensor<Omit<ImagesStorage, "slice">>): RegionReader {
  const { shape, layout, dtype } = source;
  const { channels, planeSize, spatial } = geometryOf(shape, layout);
  const [height, width] = spatial as readonly [number, number];
  const size = itemSize(dtype);
  // What is left out cannot be a sample of the tensor: here it is an error, whatever the pass before did.
  const reader = new ImageReader({ ...source.storage.decoding, skipBad: false });
  return {
    async read(region, target, parts = []) {
      const own = parts as readonly ImagePart[];
      const chosen = own.filter(({ firstSample }) => firstSample >= region.sample && firstSample < region.sampleEnd);
      const perPosition = region.channelEnd - region.channel;
      const positions = region.positionEnd - region.position;
      const perSample = perPosition * positions * size;
      let n = 0;
      for await (const image of reader.decode(chosen)) {
        const name = (chosen[n] as ImagePart).name;
        if (!("bytes" in image)) throw dataError("the image cannot be decoded", { file: name });
        if (image.width !== width || image.height !== height) {
          throw dataError("images of different sizes are no tensor", {
            file: name,
            expected: `${width} × ${height} pixels, as the first one has`,
            found: `${image.width} × ${image.height}`,
            hint: "Scale all of them to one size with --resize.",
          });
        }
        const to = target.subarray(n * perSample, (n + 1) * perSample);
        if (perPosition === channels && positions === planeSize) to.set(image.bytes);
        else {
          for (let j = 0; j < positions; j++) {
            const from = ((region.position + j) * channels + region.channel) * size;
            to.set(image.bytes.subarray(from, from + perPosition * size), j * perPosition * size);
          }
        }
        n++;
      }
    },
    [Symbol.dispose]() {
      reader[Symbol.dispose]();
    },
  };
}
