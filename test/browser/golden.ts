import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import type { Page } from "playwright-core";
import { PNG } from "pngjs";
import { expect } from "vitest";
import { settled } from "./view-page.js";

const goldens = fileURLToPath(new URL("goldens/", import.meta.url));
const failures = fileURLToPath(new URL("failures/", import.meta.url));
/** Pixels that may differ: text is drawn a little differently by each version of a browser. */
const TOLERANCE = 0.002;

/** A machine that is busy shows the last of a page late: it is looked at again. */
const LOOKS = 8;
const BETWEEN_MS = 500;

/** Holds a page to its golden picture. `UPDATE_GOLDENS=1` writes that anew; look at it before it is committed. */
export async function expectGolden(name: string, page: Page): Promise<void> {
  const path = `${goldens}${name}.png`;
  await showWhole(page);
  const look = () => page.screenshot();
  if (process.env.UPDATE_GOLDENS) {
    // Two looks that are alike: nothing moves any more.
    await page.waitForTimeout(2 * BETWEEN_MS);
    let [before, now]: Buffer[] = [Buffer.alloc(0), await look()];
    while (!before?.equals(now as Buffer)) {
      await page.waitForTimeout(BETWEEN_MS);
      [before, now] = [now, await look()];
    }
    writeFileSync(path, now as Buffer);
    return;
  }
  expect(existsSync(path), `${name}.png is missing: UPDATE_GOLDENS=1 npm run test:browser`).toBe(true);
  for (let i = 1; i < LOOKS; i++) {
    if (differingShare(path, await look()) <= TOLERANCE) return;
    await page.waitForTimeout(BETWEEN_MS);
  }
  compare(name, path, await look());
}

/** Makes the window as high as the page: what sticks to its top does not stand amid a picture, and nothing is left unpainted below. */
async function showWhole(page: Page): Promise<void> {
  const width = page.viewportSize()?.width ?? 0;
  await page.mouse.move(0, 0);
  const height = await page.evaluate(() => {
    window.scrollTo(0, 0);
    return document.documentElement.scrollHeight;
  });
  await page.setViewportSize({ width, height });
  await settled(page);
}

/** Pixels that differ, 0 to 1; 1 where the sizes do. */
function differingShare(path: string, screenshot: Buffer, difference?: PNG): number {
  const [expected, actual] = [PNG.sync.read(readFileSync(path)), PNG.sync.read(screenshot)];
  const { width, height } = actual;
  if (expected.width !== width || expected.height !== height) return 1;
  return pixelmatch(expected.data, actual.data, difference?.data, width, height, { threshold: 0.15 }) / (width * height);
}

function compare(name: string, path: string, screenshot: Buffer): void {
  const sizeOf = ({ width, height }: PNG) => `${width} × ${height}`;
  const [expected, actual] = [PNG.sync.read(readFileSync(path)), PNG.sync.read(screenshot)];
  const difference = new PNG({ width: actual.width, height: actual.height });
  const differing = differingShare(path, screenshot, difference);
  if (differing > TOLERANCE) {
    mkdirSync(failures, { recursive: true });
    writeFileSync(`${failures}${name}.actual.png`, screenshot);
    if (sizeOf(expected) === sizeOf(actual)) writeFileSync(`${failures}${name}.difference.png`, PNG.sync.write(difference));
  }
  expect({ size: sizeOf(actual), differing }).toEqual({
    size: sizeOf(expected),
    differing: expect.toSatisfy((share: number) => share <= TOLERANCE),
  });
}
