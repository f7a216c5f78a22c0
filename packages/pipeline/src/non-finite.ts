import { elementReader, NAN, NEG_INF, POS_INF, ROW } from "@normstream/moments";
import { dataError, type NormstreamError, type Region } from "@normstream/tensor";
import type { Place } from "./pass.js";
import type { ShardContext, View } from "./shard-context.js";

/** The first value of a region that is not finite, in order of sample, channel, position; its rows say whether there is one. */
export function firstNonFinite(context: ShardContext, region: Region, view: View, rows: Float64Array): Place | undefined {
  let any = false;
  for (let i = 0; i < rows.length && !any; i += ROW) {
    any = (rows[i + NAN] as number) + (rows[i + POS_INF] as number) + (rows[i + NEG_INF] as number) > 0;
  }
  if (!any) return undefined;
  const { dtype } = context.pass.source;
  const read = elementReader(dtype);
  const memory = new DataView(context.workspace.kernel.buffer);
  const { strides } = view;
  for (let sample = region.sample; sample < region.sampleEnd; sample++) {
    for (let channel = region.channel; channel < region.channelEnd; channel++) {
      const first = view.pointer + (sample - region.sample) * strides.sample + (channel - region.channel) * strides.channel;
      for (let position = region.position; position < region.positionEnd; position++) {
        const value = read(memory, first + (position - region.position) * strides.position);
        if (!Number.isFinite(value)) return { sample, channel, position, value };
      }
    }
  }
  return undefined;
}

/** Which of two places comes first. */
export function earlier(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (!a || !b) return a ?? b;
  return (a.sample - b.sample || a.channel - b.channel || a.position - b.position) <= 0 ? a : b;
}

/** The error that names such a place. */
export const nonFiniteError = (name: string, { sample, channel, position, value }: Place): NormstreamError =>
  dataError(`position ${position} of the plane holds ${value}`, {
    file: name,
    sample,
    channel,
    expected: "finite values",
    hint: 'Leave such values out with the NaN policy "omit", or let them through with "propagate".',
  });
