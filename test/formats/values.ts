import { openRegions, widen } from "@normstream/formats";
import { type DecodedStorage, geometryOf, itemSize, type TensorSource } from "@normstream/tensor";

/** All elements of a decoded tensor in the order of its layout, read some samples at a time, and the chunks that were not there. */
export async function valuesOf(source: TensorSource, cut = 1): Promise<{ values: number[]; missing: number }> {
  const { samples, channels, planeSize } = geometryOf(source.shape, source.layout);
  using reader = openRegions({ ...source, storage: source.storage as DecodedStorage });
  const values: number[] = [];
  let missing = 0;
  for (let sample = 0; sample < samples; sample += cut) {
    const sampleEnd = Math.min(samples, sample + cut);
    const bytes = new Uint8Array((sampleEnd - sample) * channels * planeSize * itemSize(source.dtype));
    await reader.read({ sample, sampleEnd, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize }, bytes);
    values.push(...widen(bytes, source.dtype, source.bigEndian));
    missing += reader.takeMissing?.()?.count ?? 0;
  }
  return { values, missing };
}
