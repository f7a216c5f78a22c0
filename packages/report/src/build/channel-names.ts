import { withoutHidden } from "../payload/codec.js";

/** Characters of a name at most. */
const LONGEST = 40;
/** Characters of all names together: they share a report of bounded size. */
const ALL_NAMES = 16_384;
/** Cut shorter than this, names say nothing. */
const SHORTEST = 8;

/** The names of the channels that a report tells of, as long as there is room for; undefined where there are none, or too many. */
export function shownNames(names: readonly string[] | undefined, index: Uint32Array): readonly string[] | undefined {
  const most = Math.min(LONGEST, Math.floor(ALL_NAMES / Math.max(1, index.length)));
  if (names === undefined || most < SHORTEST) return undefined;
  return Array.from(index, (channel) => {
    const characters = [...withoutHidden((names[channel] ?? "").slice(0, 4 * LONGEST)).replaceAll("\n", " ")];
    return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : characters.join("");
  });
}
