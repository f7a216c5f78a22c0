import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import { expect } from "vitest";

const goldens = fileURLToPath(new URL("goldens/", import.meta.url));
const failures = fileURLToPath(new URL("failures/", import.meta.url));
/** Pixels that may differ: text is drawn a little differently by each version of a browser. */
const TOLERANCE = 0.002;

/** Holds a screenshot to its golden picture. `UPDATE_GOLDENS=1` writes it anew; look at it before it is committed. */
export function expectGolden(name: string, screenshot: Buffer): void {
  const path = `${goldens}${name}.png`;
  if (process.env.UPDATE_GOLDENS) {
    writeFileSync(path, screenshot);
    return;
  }
  expect(existsSync(path), `${name}.png is missing: UPDATE_GOLDENS=1 npm run test:browser`).toBe(true);
  const [expected, actual] = [PNG.sync.read(readFileSync(path)), PNG.sync.read(screenshot)];
  const size = ({ width, height }: PNG) => `${width} × ${height}`;
  const difference = new PNG({ width: actual.width, height: actual.height });
  const isSized = size(expected) === size(actual);
  const { width, height } = actual;
  const count = isSized ? pixelmatch(expected.data, actual.data, difference.data, width, height, { threshold: 0.15 }) : Infinity;
  if (count > TOLERANCE * width * height) {
    mkdirSync(failures, { recursive: true });
    writeFileSync(`${failures}${name}.actual.png`, screenshot);
    if (isSized) writeFileSync(`${failures}${name}.difference.png`, PNG.sync.write(difference));
  }
  expect({ size: size(actual), differing: count / (width * height) }).toEqual({
    size: size(expected),
    differing: expect.toSatisfy((share: number) => share <= TOLERANCE),
  });
}
