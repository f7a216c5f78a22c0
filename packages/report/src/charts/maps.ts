import type { Absent, MapInstance, MapRole, Maps } from "../report.js";
import { LABEL_SIZE, label } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { emptyChart } from "./empty.js";
import { hatchPath, rectangleCorners } from "./hatch.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { numberText } from "./numbers.js";
import { path } from "./path.js";
import type { ChartSelection } from "./selection.js";
import { truncateText } from "./text.js";
import { cividis, TILE_Z_RANGE } from "./tile-colors.js";

export const MAP_VIEWS = ["input", "batch", "instance"] as const;
export type MapView = (typeof MAP_VIEWS)[number];

export interface MapsOptions extends ChartSelection {
  /** The views that are shown; one of them where it is narrow. Default all three. */
  readonly views?: readonly MapView[];
  /** The picture of a slot as a `data:` address; without it the slot is left free for a canvas over it. */
  readonly image?: (slot: MapSlot) => string | null;
}

/** The place of one tile, in px. */
export interface MapSlot {
  readonly sample: number;
  readonly channel: number;
  readonly view: MapView;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface MapsLayout {
  /** Instances run down the rows, across the columns (where tiles are larger that way), or wrap, where one view is shown. */
  readonly arrangement: "down" | "across" | "wrapped";
  readonly channel: number;
  readonly slots: readonly MapSlot[];
  /** Top of the colour keys. */
  readonly keysTop: number;
}

const GAP = 6;
const KEYS = 44;
/** Two lines over a tile. */
const NAMES = 38;
/** Beyond it a tile shows no more. */
const LARGEST = 200;
const ROLES: Readonly<Record<MapRole, string>> = {
  median: "median",
  lowMean: "lowest μ",
  highMean: "highest μ",
  lowStd: "lowest σ",
  highStd: "highest σ",
  sample: "sample",
};

/** Where tiles stand. The page draws its canvas by it, the chart its frames and labels. */
export function mapsLayout(maps: Maps, size: ChartSize, options: MapsOptions = {}): MapsLayout {
  const { views = MAP_VIEWS } = options;
  const channel =
    options.channel !== undefined && maps.channels.includes(options.channel) ? options.channel : (maps.channels[0] ?? 0);
  const aspect = maps.sourceHeight / Math.max(1, maps.sourceWidth) || 1;
  const count = maps.instances.length;
  if (views.length === 1) return wrappedLayout(maps, size, channel, views[0] as MapView, aspect);
  const down = gridOf(size, { columns: views.length, rows: count, left: 92, top: 26 }, aspect);
  const across = gridOf(size, { columns: count, rows: views.length, left: 66, top: 42 }, aspect);
  const isAcross = across.width > down.width;
  const grid = isAcross ? across : down;
  const slots = maps.instances.flatMap(({ sample }, instance) =>
    views.map((view, viewIndex) => {
      const [column, row] = isAcross ? [instance, viewIndex] : [viewIndex, instance];
      return { sample, channel, view, x: grid.x(column), y: grid.y(row), width: grid.width, height: grid.height };
    }),
  );
  const keysTop = grid.y(isAcross ? views.length : count) + 10;
  return { arrangement: isAcross ? "across" : "down", channel, slots, keysTop };
}

/** One view of each instance, in rows that wrap: as many columns as give the largest tiles. */
function wrappedLayout(maps: Maps, size: ChartSize, channel: number, view: MapView, aspect: number): MapsLayout {
  const count = Math.max(1, maps.instances.length);
  const tileOf = (columns: number): { readonly width: number; readonly height: number } => {
    const widest = (size.width - GAP * (columns - 1)) / columns;
    const highest = (size.height - KEYS - 4) / Math.ceil(count / columns) - NAMES - GAP;
    const width = Math.max(4, Math.floor(Math.min(widest, highest / aspect, LARGEST)));
    return { width, height: Math.max(4, Math.floor(width * aspect)) };
  };
  const columns = Array.from({ length: count }, (_, i) => i + 1).reduce((best, each) =>
    tileOf(each).width > tileOf(best).width ? each : best,
  );
  const { width, height } = tileOf(columns);
  const pitch = height + NAMES + GAP;
  const slots = maps.instances.map(({ sample }, i) => ({
    ...{ sample, channel, view, width, height },
    x: (i % columns) * (width + GAP),
    y: NAMES + Math.floor(i / columns) * pitch,
  }));
  return { arrangement: "wrapped", channel, slots, keysTop: Math.ceil(count / columns) * pitch + 4 };
}

function gridOf(
  size: ChartSize,
  { columns, rows, left, top }: { columns: number; rows: number; left: number; top: number },
  aspect: number,
) {
  const widest = (size.width - left - GAP * (columns - 1)) / Math.max(1, columns);
  const highest = (size.height - top - KEYS - GAP * (rows - 1)) / Math.max(1, rows);
  const width = Math.max(4, Math.floor(Math.min(widest, highest / aspect, LARGEST)));
  const height = Math.max(4, Math.floor(width * aspect));
  return { width, height, x: (column: number) => left + column * (width + GAP), y: (row: number) => top + row * (height + GAP) };
}

/**
 * The frame of the maps: some instances, each as it came, after batch norm and after instance norm. It places and names the
 * tiles; their pixels are an image or a canvas. What shows the hatch has no finite value.
 */
export function mapsChart(maps: Maps | Absent, size: ChartSize, options: MapsOptions = {}): Chart {
  if ("absent" in maps) return emptyChart(maps.absent, size);
  if (maps.instances.length === 0 || maps.channels.length === 0) return emptyChart("No planes were kept to show.", size);
  const { views = MAP_VIEWS, instance } = options;
  const layout = mapsLayout(maps, size, options);
  return {
    ...size,
    description: `Channel ${layout.channel} of ${maps.instances.length} instances, as they came, after batch norm and after instance norm.`,
    marks: [
      ...viewLabels(layout, views),
      ...maps.instances.map((each) => instanceLabel(each, layout, each.sample === instance)),
      ...layout.slots.map((slot) => slotMark(slot, slot.sample === instance, options.image?.(slot) ?? null)),
      ...colorKeys(layout, views, size.width),
    ],
  };
}

const VIEW_NAMES: Readonly<Record<MapView, string>> = { input: "input", batch: "BN", instance: "IN" };

function viewLabels({ slots, arrangement }: MapsLayout, views: readonly MapView[]): Mark[] {
  // One view is named by who chose it.
  if (arrangement === "wrapped") return [];
  return views.flatMap((view) => {
    const slot = slots.find((each) => each.view === view);
    if (slot === undefined) return [];
    const norm = view === "input" ? null : NORMS[view];
    const y = arrangement === "across" ? slot.y + slot.height / 2 + 4 : 14;
    const left = arrangement === "across" ? 0 : slot.x;
    return [
      group(
        norm?.color ?? "data",
        norm === null ? null : marker(norm.marker, left + 5, y - 4, 4.5, "fill"),
        label(VIEW_NAMES[view], norm === null ? left : left + 15, y, { className: "own strong", size: 13 }),
      ),
    ];
  });
}

/** Why an instance was chosen, and its number: beside its row, or above its tile. */
function instanceLabel({ sample, role }: MapInstance, { slots, arrangement }: MapsLayout, isSelected: boolean): Mark | null {
  const slot = slots.find((each) => each.sample === sample);
  if (slot === undefined) return null;
  const name = role === "sample" ? "" : ROLES[role];
  const number = `#${sample}`;
  const className = isSelected ? "strong" : "";
  const isAbove = arrangement !== "down";
  const room = isAbove ? slot.width + GAP - 2 : 84;
  const fitted = (text: string): string => truncateText(text, LABEL_SIZE, room, isSelected);
  if (isAbove) {
    return group(
      "",
      name === "" ? null : label(fitted(name), slot.x, slot.y - 24, { className }),
      label(fitted(number), slot.x, slot.y - 9, { className: name === "" ? className : "muted" }),
    );
  }
  const y = slot.y + Math.min(slot.height / 2 + 2, slot.height - 4);
  if (slot.height < 32 || name === "") return label(fitted(`${name} ${number}`.trim()), 0, y + 3, { className });
  return group("", label(fitted(name), 0, y - 4, { className }), label(fitted(number), 0, y + 12, { className: "muted" }));
}

function slotMark(slot: MapSlot, isSelected: boolean, href: string | null): Mark {
  const { x, y, width, height, sample, channel, view } = slot;
  // Only pictures that are written out in the address itself: nothing is ever fetched.
  const picture = href?.startsWith("data:image/png;base64,")
    ? mark("image", { class: "pixels", x, y, width, height, href, preserveAspectRatio: "none" })
    : null;
  return mark(
    "g",
    { class: isSelected ? "ink" : "axis", "data-instance": String(sample), "data-channel": String(channel), "data-view": view },
    path("hatch", hatchPath(rectangleCorners(x, y, width, height), 45, 5)),
    picture,
    mark("rect", { class: isSelected ? "line" : "hair faint", x: x - 0.5, y: y - 0.5, width: width + 1, height: height + 1 }),
  );
}

const KEY_STEPS = 48;

/** The colours' meaning: grey from a tile's lowest to its highest value, cividis over ±3 σ. */
function colorKeys({ keysTop }: MapsLayout, views: readonly MapView[], width: number): MarkChild[] {
  const keyWidth = Math.min(190, (width - 24) / 2);
  const hasInput = views.includes("input");
  const hasZ = views.some((view) => view !== "input");
  const bar = (left: number, shade: (share: number) => readonly [number, number, number], texts: readonly string[]): Mark =>
    group(
      "color-key",
      ...Array.from({ length: KEY_STEPS }, (_, index) =>
        mark("rect", {
          x: left + (index * keyWidth) / KEY_STEPS,
          y: keysTop,
          width: keyWidth / KEY_STEPS + 0.5,
          height: 9,
          fill: `rgb(${shade((index + 0.5) / KEY_STEPS).join(",")})`,
          "shape-rendering": "crispEdges",
        }),
      ),
      ...texts.map((text, index) =>
        label(text, left + (keyWidth * index) / (texts.length - 1), keysTop + 23, {
          className: "muted",
          anchor: index === 0 ? "start" : index === texts.length - 1 ? "end" : "middle",
        }),
      ),
    );
  const grey = (share: number): readonly [number, number, number] => [
    Math.round(share * 255),
    Math.round(share * 255),
    Math.round(share * 255),
  ];
  const z = numberText(TILE_Z_RANGE);
  return [
    hasInput ? bar(0, grey, ["lowest", "input", "highest"]) : null,
    hasZ ? bar(hasInput ? keyWidth + 24 : 0, cividis, [`−${z} σ`, "0", `+${z} σ`]) : null,
  ];
}
