import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { expectGolden } from "./golden.js";
import { fashionReport } from "./reports.js";
import { STATES } from "./states.js";
import { settled, THEMES, withView } from "./view-page.js";

let browser: Browser;
let fashion: string;
beforeAll(async () => {
  browser = await launchChromium();
  fashion = await fashionReport();
}, 120_000);
afterAll(async () => await browser?.close());

const WIDTHS = [480, 900, 1600];
const reports = new Map<string, Promise<string>>();
const stateOf = (name: string): Promise<string> => {
  const report = reports.get(name) ?? (STATES[name] as () => Promise<string>)();
  reports.set(name, report);
  return report;
};

/** Opens what is folded. */
async function unfolded(page: Page): Promise<void> {
  const folded = page.getByText("How it was computed");
  if ((await folded.count()) > 0) await folded.click();
  await settled(page);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds in the view. */
async function violations(page: Page): Promise<unknown[]> {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(root: Element): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = (await axe.run(document.getElementById("place") as HTMLElement)).violations;
    return found.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 200)) }));
  });
}

describe.each(THEMES)("in the theme %s", (theme) => {
  test.each(WIDTHS)("every view at %i px is as its golden picture", async (width) => {
    await withView(browser, fashion, { width, theme }, async (page) => {
      await unfolded(page);
      await expectGolden(`fashion-mnist-${theme}-${width}`, page);
    });
  });

  test("64 channels, some constant and some not finite", async () => {
    await withView(
      browser,
      await stateOf("64-channels"),
      { theme },
      async (page) => await expectGolden(`64-channels-${theme}`, page),
    );
  });

  test("axe finds nothing, with the run and every table open too", async () => {
    await withView(browser, fashion, { theme }, async (page) => {
      await unfolded(page);
      expect(await violations(page)).toEqual([]);
      for (const button of await page.getByRole("button", { name: /as a table$/ }).all()) await button.click();
      await settled(page);
      expect(await violations(page)).toEqual([]);
    });
  });
});

test.each(["forced", "contrast-light"] as const)("in %s colours every view is as its golden picture", async (theme) => {
  await withView(browser, fashion, { theme }, async (page) => await expectGolden(`fashion-mnist-${theme}-1600`, page));
});

describe.each(Object.keys(STATES).filter((name) => name !== "64-channels"))("%s", (name) => {
  test("is as its golden picture, and axe finds nothing", async () => {
    await withView(browser, await stateOf(name), { width: 1280 }, async (page) => {
      await expectGolden(`state-${name}`, page);
      expect(await violations(page)).toEqual([]);
    });
  });
});

describe("nothing scrolls sideways, no label leaves its picture, no labels overlap", () => {
  test.each(["fashion-mnist", ...Object.keys(STATES)])("%s", async (name) => {
    const report = name === "fashion-mnist" ? fashion : await stateOf(name);
    for (const width of [360, 480, 700, 900, 1200, 1600]) {
      await withView(browser, report, { width }, async (page) => {
        await unfolded(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width} px`).toBe(width);
        expect(await page.evaluate(labelTroubles), `${width} px`).toEqual([]);
      });
    }
  });
});

/** Labels of pictures that stick out of them, or that lie over one another; other texts that are cut. Runs in the page. */
function labelTroubles(): string[] {
  const root = document.getElementById("place")?.shadowRoot;
  const found: string[] = [];
  for (const svg of root?.querySelectorAll("svg") ?? []) {
    const frame = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll("text")].map((text) => ({
      text: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    for (const { text, box } of labels) {
      if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
        found.push(`"${text}" leaves ${svg.getAttribute("aria-label")?.slice(0, 40)}`);
    }
    for (const [i, a] of labels.entries()) {
      for (const b of labels.slice(i + 1)) {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        // A line's box is a little higher than its letters.
        if (across > 1 && down > 5) found.push(`"${a.text}" lies over "${b.text}"`);
      }
    }
  }
  for (const element of root?.querySelectorAll("h1, h2, p, li, dd, dt, button, th, td, label") ?? []) {
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflow === "hidden")
      found.push(`"${element.textContent?.slice(0, 40)}" is cut`);
    const box = element.getBoundingClientRect();
    const isShown = box.width > 0 && !element.closest(".table, .unseen");
    if (isShown && box.right > document.documentElement.clientWidth + 1)
      found.push(`"${element.textContent?.slice(0, 40)}" leaves the page`);
  }
  return found;
}
