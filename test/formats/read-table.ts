import { type OpenOptions, openRegions, openTensor, widen } from "@normstream/formats";
import { type DecodedStorage, geometryOf, itemSize, type TensorSource } from "@normstream/tensor";

/** All values of a table, and what was said of it. */
export interface ReadTable {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly layout: string;
  readonly names: readonly string[] | undefined;
  readonly values: number[];
  readonly storage: DecodedStorage;
}

/** Opens a table and reads all of it, in regions of so many rows. */
export async function readTable(path: string, options: OpenOptions & { readonly rows?: number } = {}): Promise<ReadTable> {
  const { rows = Number.POSITIVE_INFINITY, ...open } = options;
  await using source = await openTensor(path, open);
  const values: number[] = [];
  for await (const part of regionsOf(source, rows)) for (const value of part) values.push(value);
  const { shape, dtype, layout, channelNames, storage } = source;
  return { shape, dtype, layout, names: channelNames, values, storage: storage as DecodedStorage };
}

async function* regionsOf(source: TensorSource, rows: number): AsyncGenerator<Float64Array> {
  const { samples, channels, planeSize } = geometryOf(source.shape, source.layout);
  using reader = openRegions(source as never);
  for (let from = 0; from < samples; from += rows) {
    const to = Math.min(samples, from + rows);
    const target = new Uint8Array((to - from) * channels * planeSize * itemSize(source.dtype));
    const region = { sample: from, sampleEnd: to, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize };
    await reader.read(region, target);
    yield widen(target, source.dtype, false);
  }
}
