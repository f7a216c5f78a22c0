/** Characters of a name in a table. */
const LONGEST = 32;

/** The name of a column as a terminal may show it: whoever wrote the file chose it. */
export function shownName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const characters = [...name.slice(0, 4 * LONGEST).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, " ")];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : characters.join("");
}
