import type { ReportNorm } from "../report.js";
import { label } from "./axis.js";
import { hatchPath } from "./hatch.js";
import { group, type Mark, mark } from "./mark.js";
import { NORMS } from "./norm-encoding.js";
import { cellGrid, litCells, type Selection, setBounds, type TensorExtent } from "./norm-sets.js";
import { countText } from "./numbers.js";
import { linePath, type Point, path, polygonPath } from "./path.js";
import { textWidth } from "./text.js";

/** Cells of a plane's values, drawn upwards: H·W has no structure of its own in a norm. */
const ROWS = 4;
const SHORTEST_SIDE = 3;
const COS = Math.cos(Math.PI / 6);

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Project = (across: number, up: number, deep: number) => Point;

interface Block {
  readonly project: Project;
  readonly across: number;
  readonly deep: number;
}

/** An isometric block that fills a box as far as its shape lets it. C runs down to the right, N up to the right, H·W up. */
function placedBlock(extent: TensorExtent, box: Box): Block {
  const { across, deep } = cellGrid(extent);
  const [wide, far] = [Math.max(across, SHORTEST_SIDE), Math.max(deep, SHORTEST_SIDE)];
  const unit = Math.min(box.width / ((wide + far) * COS), box.height / ((wide + far) / 2 + ROWS));
  const left = box.x + (box.width - (wide + far) * COS * unit) / 2;
  const base = box.y + box.height - ((box.height - ((wide + far) / 2 + ROWS) * unit) / 2 + (wide / 2) * unit);
  const project: Project = (a, up, d) => {
    const [x, z] = [(a * wide) / across, (d * far) / deep];
    return { x: left + (x + z) * COS * unit, y: base + (x / 2 - z / 2 - up) * unit };
  };
  return { project, across, deep };
}

interface Face {
  readonly corners: readonly Point[];
  readonly isOutside: boolean;
  readonly shade: number;
}

/** The three faces that the eye sees of a box of cells; the full height of the block is always taken. */
function facesOf({ project, across }: Block, a: readonly [number, number], d: readonly [number, number]): Face[] {
  const corner = (x: number, up: number, z: number): Point => project(x, up, z);
  return [
    {
      corners: [corner(a[1], 0, d[0]), corner(a[1], ROWS, d[0]), corner(a[1], ROWS, d[1]), corner(a[1], 0, d[1])],
      isOutside: a[1] === across,
      shade: 0.66,
    },
    {
      corners: [corner(a[0], 0, d[0]), corner(a[1], 0, d[0]), corner(a[1], ROWS, d[0]), corner(a[0], ROWS, d[0])],
      isOutside: d[0] === 0,
      shade: 0.84,
    },
    {
      corners: [corner(a[0], ROWS, d[0]), corner(a[1], ROWS, d[0]), corner(a[1], ROWS, d[1]), corner(a[0], ROWS, d[1])],
      isOutside: true,
      shade: 1,
    },
  ];
}

/** The lines on the visible faces of a block at these cells: across and deep both cross the top, one the front, one the side. */
function linesOf({ project, across, deep }: Block, a: readonly number[], d: readonly number[], up: readonly number[]): string {
  const strokes = [
    ...a.map((x) => [project(x, 0, 0), project(x, ROWS, 0), project(x, ROWS, deep)]),
    ...d.map((z) => [project(across, 0, z), project(across, ROWS, z), project(0, ROWS, z)]),
    ...up.map((y) => [project(0, y, 0), project(across, y, 0), project(across, y, deep)]),
  ];
  return strokes.map(linePath).join("");
}

const upTo = (count: number): number[] => Array.from({ length: count + 1 }, (_, index) => index);

/** What is lit stands as a body in a block of glass: solid where it meets the block's faces, pale behind them. */
export function blockMark(norm: ReportNorm, extent: TensorExtent, selection: Selection, box: Box): Mark {
  const block = placedBlock(extent, box);
  const { color, hatchAngle } = NORMS[norm];
  const lit = litCells(norm, extent, selection);
  const bounds = setBounds(norm, extent);
  const litFaces = facesOf(block, lit.across, lit.deep).sort((a, b) => Number(a.isOutside) - Number(b.isOutside));
  const outline = [0, ROWS];
  return group(
    `block ${color}`,
    ...facesOf(block, [0, block.across], [0, block.deep]).map(({ corners }) => path("panel", polygonPath(corners))),
    ...litFaces.flatMap(({ corners, isOutside, shade }) => [
      mark("path", { class: "fill", d: polygonPath(corners), "fill-opacity": isOutside ? shade : 0.22 }),
      path(isOutside ? "over" : "hatch", hatchPath(corners, hatchAngle, 5)),
    ]),
    group("axis", path("hair faint", linesOf(block, upTo(block.across), upTo(block.deep), upTo(ROWS)))),
    path(box.width < 200 ? "hair" : "edge", linesOf(block, bounds.across, bounds.deep, outline)),
  );
}

/** `C = 64`, `N = 10,000`, `H·W = 784` at the edges that they run along. */
export function blockLabels(extent: TensorExtent, box: Box): Mark {
  const { project, across, deep } = placedBlock(extent, box);
  const size = 13;
  const plane = `${extent.planeAxes} ${extent.isUneven ? "≈" : "="} ${countText(Math.round(extent.planeValues))}`;
  const front = project(across / 2, 0, 0);
  const side = project(across, 0, deep / 2);
  const corner = project(0, ROWS, 0);
  return group(
    "block-labels",
    label(`C = ${countText(extent.channels)}`, front.x - 6, front.y + 20, { anchor: "end", size }),
    label(`N = ${countText(extent.samples)}`, side.x + 6, side.y + 20, { size }),
    label(plane, Math.max(corner.x + 8, textWidth(plane, size)), corner.y - 9, { anchor: "end", size }),
  );
}
