import type { ReportNorm } from "../report.js";
import { label } from "./axis.js";
import type { Box } from "./block.js";
import { hatchPath, rectangleCorners } from "./hatch.js";
import { group, type Mark, mark } from "./mark.js";
import { NORMS } from "./norm-encoding.js";
import { cellGrid, litCells, type Selection, setBounds, type TensorExtent } from "./norm-sets.js";
import { countText } from "./numbers.js";
import { path, strokesPath } from "./path.js";

/**
 * A table as a flat sheet: samples are rows, channels are columns. BN lights a column, LN a row, GN part of a row, IN one cell,
 * which is hatched and hollow, because one value has no variance.
 */
export function sheetMark(norm: ReportNorm, extent: TensorExtent, selection: Selection, box: Box): Mark {
  const { across, deep } = cellGrid(extent);
  const { color, hatchAngle } = NORMS[norm];
  const lit = litCells(norm, extent, selection);
  const bounds = setBounds(norm, extent);
  const [dx, dy] = [box.width / across, box.height / deep];
  const x = box.x + lit.across[0] * dx;
  const y = box.y + lit.deep[0] * dy;
  const [width, height] = [(lit.across[1] - lit.across[0]) * dx, (lit.deep[1] - lit.deep[0]) * dy];
  const isUndefined = norm === "instance" || (norm === "group" && extent.groups >= extent.channels);
  const level = (at: number): readonly [number, number, number, number] => [
    box.x,
    box.y + at * dy,
    box.x + box.width,
    box.y + at * dy,
  ];
  const upright = (at: number): readonly [number, number, number, number] => [
    box.x + at * dx,
    box.y,
    box.x + at * dx,
    box.y + box.height,
  ];
  const cells = [
    ...Array.from({ length: across + 1 }, (_, index) => upright(index)),
    ...Array.from({ length: deep + 1 }, (_, index) => level(index)),
  ];
  return group(
    `sheet ${color}`,
    mark("rect", { class: "panel", x: box.x, y: box.y, width: box.width, height: box.height }),
    isUndefined ? null : mark("rect", { class: "fill", x, y, width, height, "fill-opacity": 0.9 }),
    path(isUndefined ? "hair" : "over", hatchPath(rectangleCorners(x, y, width, height), hatchAngle, 5)),
    group("axis", path("hair faint", strokesPath(cells))),
    path("edge", strokesPath([...bounds.across.map(upright), ...bounds.deep.map(level)])),
  );
}

/** `C = 3` above the sheet and `N = 24` beside it. */
export function sheetLabels(extent: TensorExtent, box: Box): Mark {
  const size = 13;
  return group(
    "sheet-labels",
    label(`C = ${countText(extent.channels)} →`, box.x, box.y - 8, { size }),
    label(`N = ${countText(extent.samples)} ↓`, box.x + box.width, box.y - 8, { anchor: "end", size }),
  );
}
