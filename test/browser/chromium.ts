import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Debian's Chromium, or the one that CHROMIUM names. */
export function chromiumPath(): string {
  const found = PLACES.find((place) => place && existsSync(place));
  if (!found) throw new Error("no Chromium found: install the package chromium, or name one in CHROMIUM");
  return found;
}

/** A real browser. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath(),
    // Goldens want the same pixels anywhere: grey antialiasing, no hinting, one colour profile.
    args: ["--no-sandbox", "--disable-lcd-text", "--font-render-hinting=none", "--force-color-profile=srgb", "--hide-scrollbars"],
  });
}
