import { LAYOUTS, type Layout } from "@normstream/tensor";

/** What people call the axes of a tensor. */
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["N", "n b batch sample samples index item image images time t frame step obs"],
    ["C", "c channel channels band bands variable feature features"],
    ["D", "d z depth level lev slice plane"],
    ["H", "h y row rows height lat latitude northing"],
    ["W", "w x col cols column columns width lon long longitude easting"],
    ["L", "l length position"],
  ].flatMap(([axis, names]) => (names as string).split(" ").map((name) => [name, axis as string])),
);

/** The layout that the names of axes spell; undefined where they spell none. */
export function layoutOfNames(names: readonly (string | null)[] | undefined): Layout | undefined {
  const spelled = names?.map((name) => NAMES[String(name).toLowerCase()] ?? "?").join("");
  return LAYOUTS.find((layout) => layout === spelled);
}
