import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const FOLDER = fileURLToPath(new URL("./goldens/", import.meta.url));

/**
 * Holds a picture to its golden file, byte for byte. `NORMSTREAM_RENEW_GOLDENS=1` writes the file instead: look at what
 * changed before it is committed.
 */
export function expectGolden(name: string, svg: string): void {
  const file = `${FOLDER}${name}.svg`;
  // One element a line, so that a change can be read.
  const text = svg.replaceAll("><", ">\n<");
  if (process.env.NORMSTREAM_RENEW_GOLDENS === "1") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${name}.svg is missing: NORMSTREAM_RENEW_GOLDENS=1 makes it`).toBe(true);
  expect(text === readFileSync(file, "utf8"), `${name}.svg differs: look at it, then NORMSTREAM_RENEW_GOLDENS=1`).toBe(true);
}
