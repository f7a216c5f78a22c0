// Draws the pictures of reports in the README and the guides from real data: node docs/pictures/draw.mjs
// It needs Chromium: Debian's, or the one that CHROMIUM names. Look at the pictures before they are committed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pictures = join(root, "docs", "pictures");
const fromTests = createRequire(join(root, "test", "package.json"));
const { chromium } = fromTests("playwright-core");

const folder = mkdtempSync(join(tmpdir(), "normstream-pictures-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-lcd-text", "--font-render-hinting=none", "--force-color-profile=srgb", "--hide-scrollbars"],
});
try {
  const [data, page] = [join(folder, "features.npy"), join(folder, "features.html")];
  execFileSync(process.execPath, [join(root, "examples", "fashion-mnist", "features.mjs"), data]);
  const command = join(root, "packages", "normstream", "bin", "normstream.js");
  execFileSync(process.execPath, [command, "report", "features.npy", "-o", page, "--quiet"], { cwd: folder });
  for (const theme of ["light", "dark"]) await draw(page, theme);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The page down to its maps, and its cubes with each norm's values lit. */
async function draw(path, theme) {
  // The page allows no fonts from elsewhere: these are for pictures that do not depend on the machine.
  const context = await browser.newContext({
    viewport: { width: 1280, height: 1000 },
    colorScheme: theme,
    bypassCSP: true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await page.goto(pathToFileURL(path).href);
  await page.addStyleTag({ content: `${fontFaces()} body { --vscode-font-family: "Inter" }` });
  await page.evaluate(() => Promise.all([400, 500, 600].map((weight) => document.fonts.load(`${weight} 14px Inter`, "aμ"))));
  const ending = theme === "dark" ? "-dark" : "";
  for (const norm of ["batch", "instance", "group", "layer"]) {
    await page.getByRole("radio", { name: `${norm} norm` }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save Which values share a mean as SVG" }).click();
    await (await download).saveAs(join(pictures, `${norm}-norm${ending}.svg`));
  }
  await page.getByRole("radio", { name: "batch norm" }).click();
  await page.getByRole("spinbutton", { name: "Channel" }).fill("0");
  await page.evaluate(() => document.activeElement?.blur());
  await page.mouse.move(0, 0);
  await page.waitForTimeout(2000); // tiles are painted by a web worker
  const { y, height } = await page.locator(".panel.maps").boundingBox();
  const clip = { x: 0, y: 0, width: 1280, height: Math.ceil(y + height + 24) };
  await page.screenshot({ path: join(pictures, `report${ending}.png`), fullPage: true, clip });
  await context.close();
}

function fontFaces() {
  const face = (script, weight, range) => {
    const bytes = readFileSync(fromTests.resolve(`@fontsource/inter/files/inter-${script}-${weight}-normal.woff2`));
    const url = `data:font/woff2;base64,${bytes.toString("base64")}`;
    return `@font-face{font-family:"Inter";font-weight:${weight};src:url(${url});unicode-range:${range}}`;
  };
  return [400, 500, 600]
    .flatMap((weight) => [face("latin", weight, "U+0000-02FF, U+2000-22FF"), face("greek", weight, "U+0370-03FF")])
    .join("\n");
}
