import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { fashionReport, liveReports, wideReport } from "./reports.js";
import { settled, updateView, type ViewWindow, withView } from "./view-page.js";

let browser: Browser;
let fashion: string;
beforeAll(async () => {
  browser = await launchChromium();
  fashion = await fashionReport();
}, 120_000);
afterAll(async () => await browser?.close());

/** Where each view stands, and how high it is. */
const places = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const root = document.getElementById("place")?.shadowRoot;
    return [...(root?.querySelectorAll("section.panel, details.panel") ?? [])].map((panel) => {
      const { top, height } = panel.getBoundingClientRect();
      return `${panel.className} ${Math.round(top)} ${Math.round(height)}`;
    });
  });

/** The highest and lowest labels of a chart's y axis. */
const axisOf = (page: Page, panel: string): Promise<[number, number]> =>
  page.locator(`.panel.${panel} .y-axis text`).evaluateAll((texts) => {
    const values = texts.map((text) => Number((text.textContent ?? "").replace("−", "-"))).filter(Number.isFinite);
    return [Math.min(...values), Math.max(...values)];
  });

test("an update moves nothing, and keeps what was selected", async () => {
  await withView(browser, fashion, {}, async (page) => {
    await page.getByRole("radio", { name: "Layer norm" }).click();
    const before = await places(page);
    await updateView(page, fashion);
    await settled(page);
    expect(await places(page)).toEqual(before);
    expect(await page.getByRole("radio", { name: "Layer norm" }).getAttribute("aria-checked")).toBe("true");
  });
});

describe("a run that goes on", () => {
  const READ = [30, 70, 130, 260];

  test("keeps every view in its place to the end, and its selection", async () => {
    const [first = "", ...others] = await liveReports(READ);
    await withView(browser, first, { width: 1400 }, async (page) => {
      const { height } = (await page.locator(".panel.cubes").boundingBox()) ?? { height: 0 };
      const below = async () => (await places(page)).filter((place) => !/verdict/.test(place));
      const before = await below();
      await page.getByRole("radio", { name: "Instance norm" }).click();
      for (const report of others) {
        await updateView(page, report);
        expect(await below()).toEqual(before);
        expect(await page.getByRole("radio", { name: "Instance norm" }).getAttribute("aria-checked")).toBe("true");
      }
      expect(height).toBeGreaterThan(300);
    });
  });

  test("says how far it is, recommends nothing below 64 samples, and then does", async () => {
    const [first = "", second = "", , , whole = ""] = await liveReports(READ);
    await withView(browser, first, {}, async (page) => {
      expect(await page.locator(".head").textContent()).toContain("7.5\u00a0% read, estimate");
      expect(await page.locator(".verdict h2").textContent()).toBe("No verdict yet");
      expect(await page.locator(".verdict").textContent()).toContain("30 samples read; a verdict needs 64.");
      await updateView(page, second);
      expect(await page.locator(".head").textContent()).toContain("18\u00a0% read, estimate");
      expect(await page.locator(".verdict h2").textContent()).toMatch(/^(BN|GN|IN|LN)/);
      await updateView(page, whole);
      expect(await page.locator(".head").textContent()).not.toContain("estimate");
      await settled(page);
    });
  });

  test("what the reader did not select follows the report", async () => {
    const [first = "", ...others] = await liveReports(READ);
    await withView(browser, first, {}, async (page) => {
      await updateView(page, others.at(-1) as string);
      await settled(page);
      const shown = await page
        .locator(".panel.maps [data-instance]")
        .evaluateAll((slots) =>
          slots.map((slot) => ({ sample: slot.getAttribute("data-instance"), isSelected: slot.classList.contains("ink") })),
        );
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.filter(({ isSelected }) => isSelected).map(({ sample }) => sample)).toContain(shown[0]?.sample);
    });
  });

  test("axes only widen", async () => {
    const reports = (await liveReports([70, 100, 130, 200, 300, 399])).slice(0, -1);
    await withView(browser, reports[0] as string, {}, async (page) => {
      await page.getByText("How it was computed").click();
      for (const panel of ["noise", "gap", "instances", "channels", "convergence"]) {
        let [low, high] = await axisOf(page, panel);
        await updateView(page, reports[0] as string);
        for (const report of reports.slice(1)) {
          await updateView(page, report);
          const [nextLow, nextHigh] = await axisOf(page, panel);
          expect(nextLow, panel).toBeLessThanOrEqual(low);
          expect(nextHigh, panel).toBeGreaterThanOrEqual(high);
          [low, high] = [nextLow, nextHigh];
        }
      }
    });
  });
});

describe("web workers", () => {
  test("disposed, a view leaves neither elements nor workers", async () => {
    await withView(browser, fashion, {}, async (page) => {
      expect(page.workers()).toHaveLength(1);
      await page.evaluate(() => (window as unknown as ViewWindow).rendered[Symbol.dispose]());
      await expect.poll(() => page.workers().length).toBe(0);
      expect(await page.evaluate(() => document.getElementById("place")?.shadowRoot?.childElementCount)).toBe(0);
    });
  });

  test("one paints for any number of reports, until the last is gone", async () => {
    await withView(browser, fashion, {}, async (page) => {
      const shown = await page.evaluateHandle((text) => {
        const { view } = window as unknown as ViewWindow;
        return Array.from({ length: 5 }, () => {
          const place = document.createElement("div");
          document.body.append(place);
          return view.renderReport(place, view.decodeReport(text), {});
        });
      }, fashion);
      await expect.poll(() => page.locator("canvas[data-painter]").count()).toBe(6);
      expect(page.workers()).toHaveLength(1);
      await shown.evaluate((views) => {
        for (const each of views) each[Symbol.dispose]();
      });
      await page.waitForTimeout(200);
      expect(page.workers()).toHaveLength(1);
      await page.evaluate(() => (window as unknown as ViewWindow).rendered[Symbol.dispose]());
      await expect.poll(() => page.workers().length).toBe(0);
    });
  });

  const scripts = "script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; font-src 'self'";
  test.each([
    ["blob worker", `${scripts}; worker-src blob: data:`],
    ["data worker", `${scripts}; worker-src data:`],
    ["page", `${scripts}; worker-src 'none'`],
  ])("tiles are painted by the %s where the page allows no more", async (place, policy) => {
    const { openView } = await import("./view-page.js");
    const { page } = await openView(browser, await wideReport(8), { policy });
    try {
      expect(await page.locator("canvas").getAttribute("data-painter")).toBe(place);
    } finally {
      await page.close();
    }
  });
});
