import { type ErrorDetails, usageError } from "./errors.js";
import { elementCount, formatShape } from "./shape.js";

/**
 * Order of a tensor's axes. N = samples, C = channels, the others are spatial: L(ength), or D(epth), H(eight), W(idth). `NC` has one value a
 * sample and channel; `NHW` has one channel.
 */
export type Layout = "NC" | "NCL" | "NHW" | "NCHW" | "NHWC" | "NCDHW";

/** All layouts. */
export const LAYOUTS: readonly Layout[] = ["NC", "NCL", "NHW", "NCHW", "NHWC", "NCDHW"];

/**
 * A tensor's shape as norms see it: N samples, C channels, S values a plane, and whether the channels come last.
 * A plane's positions run in row-major order of the spatial axes.
 */
export interface Geometry {
  readonly samples: number;
  readonly channels: number;
  /** Values of a plane: one sample's one channel. */
  readonly planeSize: number;
  /** Extents of the spatial axes, in order; empty for `NC`. */
  readonly spatial: readonly number[];
  readonly channelsLast: boolean;
}

/**
 * The layout that a rank has where nobody says otherwise: 2 → NC, 3 → NCL, 4 → NCHW, 5 → NCDHW.
 * @throws NormstreamError of kind `usage` for other ranks.
 */
export function defaultLayout(shape: readonly number[]): Layout {
  const layout = ({ 2: "NC", 3: "NCL", 4: "NCHW", 5: "NCDHW" } as Record<number, Layout>)[shape.length];
  if (!layout) {
    throw usageError(`a tensor of shape ${formatShape(shape)} has no default layout`, {
      expected: "rank 2 (NC), 3 (NCL), 4 (NCHW) or 5 (NCDHW)",
    });
  }
  return layout;
}

/** @throws NormstreamError of kind `usage` for a text that names no layout. */
export function parseLayout(text: string): Layout {
  const layout = LAYOUTS.find((known) => known === text.toUpperCase());
  if (!layout) throw usageError(`unknown layout "${text}"`, { expected: `one of ${LAYOUTS.join(", ")}` });
  return layout;
}

/**
 * Reads a shape through a layout. `NHW` has one channel; `NC` has planes of one value.
 * @throws NormstreamError of kind `usage` where the rank does not fit the layout.
 */
export function geometryOf(shape: readonly number[], layout: Layout, where: ErrorDetails = {}): Geometry {
  if (shape.length !== layout.length) {
    throw usageError(`layout ${layout} does not fit shape ${formatShape(shape)}`, {
      ...where,
      expected: `rank ${layout.length}`,
      found: `rank ${shape.length}`,
      hint: "Name the axes with --layout.",
    });
  }
  const channelAxis = layout.indexOf("C");
  const spatial = shape.filter((_, axis) => axis !== 0 && axis !== channelAxis);
  return {
    samples: shape[0] as number,
    channels: channelAxis < 0 ? 1 : (shape[channelAxis] as number),
    planeSize: elementCount(spatial),
    spatial,
    channelsLast: channelAxis > 1,
  };
}
