import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { fashionReport, wideReport } from "./reports.js";
import { withView } from "./view-page.js";

let browser: Browser;
let fashion: string;
beforeAll(async () => {
  browser = await launchChromium();
  fashion = await fashionReport();
}, 120_000);
afterAll(async () => await browser?.close());

const channel = (page: Page): Promise<string> => page.getByRole("spinbutton", { name: "Channel" }).inputValue();
const batchSize = (page: Page): Promise<string> => page.getByRole("combobox", { name: "Batch size" }).inputValue();
const chart = (page: Page, name: string) => page.locator(`.panel.${name} .chart`);

/** Where a view stands on the screen, once it is there. */
async function boxOf(page: Page, name: string): Promise<{ x: number; y: number; width: number; height: number }> {
  await chart(page, name).scrollIntoViewIfNeeded();
  const box = await chart(page, name).boundingBox();
  if (!box) throw new Error(`${name} is not shown`);
  return box;
}

test("Tab passes every control once and leaves", async () => {
  await withView(browser, fashion, {}, async (page) => {
    await page.evaluate(() => {
      const after = document.createElement("button");
      after.textContent = "after";
      document.body.append(after);
    });
    const stops: string[] = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const inner = document.getElementById("place")?.shadowRoot?.activeElement;
        const element = inner ?? document.activeElement;
        return element?.getAttribute("aria-label") ?? element?.closest("label")?.textContent ?? element?.textContent ?? "";
      });
      if (stop === "after") break;
      stops.push(stop.slice(0, 32));
    }
    expect(new Set(stops).size).toBe(stops.length);
    expect(stops).toMatchSnapshot();
  });
});

test("keys of the views do not reach the page around, Tab and combinations do", async () => {
  await withView(browser, fashion, {}, async (page) => {
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      document.body.addEventListener("keydown", ({ key }) => seen.push(key));
    });
    const kept = ["Delete", "Backspace", "ArrowLeft", "ArrowDown", "Home", "End", "PageUp", "PageDown"];
    const controls = page.locator("button, select, input, .chart, summary");
    for (const control of await controls.all()) {
      // Those of a toolbar that are not its Tab stop are reached by arrows: any may hold the focus.
      await control.focus();
      for (const key of kept) await page.keyboard.press(key);
    }
    await controls.first().focus();
    await page.keyboard.press("Control+ArrowLeft");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual(["Control", "ArrowLeft", "Tab"]);
  });
});

describe("each view answers to arrows", () => {
  const views = ["cubes", "channels", "histograms", "maps", "noise", "gap", "instances"];

  test.each(views)("%s: arrows look, Enter keeps, Escape goes back", async (name) => {
    await withView(browser, await wideReport(64), {}, async (page) => {
      const shown = () =>
        page.evaluate(() => {
          const root = document.getElementById("place")?.shadowRoot;
          const fields = [...(root?.querySelectorAll<HTMLInputElement>(".toolbar select, .toolbar input") ?? [])].map(
            ({ value }) => value,
          );
          const norm = root?.querySelector('[role="radio"][aria-checked="true"]')?.textContent;
          const chosen = root?.querySelector(".panel.maps .line")?.closest("[data-instance]")?.getAttribute("data-instance");
          const outlier = root?.querySelector(".panel.instances circle.fill[data-instance]")?.getAttribute("data-instance");
          return [norm, ...fields, chosen, outlier].join();
        });
      const opened = await shown();
      await chart(page, name).focus();
      await page.keyboard.press("End");
      const previewed = await shown();
      expect(previewed).not.toBe(opened);
      await page.keyboard.press("Escape");
      expect(await shown()).toBe(opened);
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
      expect(await shown()).toBe(previewed);
      await page.getByRole("button", { name: "Reset" }).press("Enter");
      expect(await shown()).toBe(opened);
    });
  });

  test("leaving with Tab keeps what the arrows chose", async () => {
    await withView(browser, await wideReport(64), {}, async (page) => {
      await chart(page, "channels").focus();
      await page.keyboard.press("End");
      await page.keyboard.press("Tab");
      expect(await channel(page)).toBe("63");
      await page.mouse.move(5, 5);
      expect(await channel(page)).toBe("63");
    });
  });

  test("+ and − look closer at the channels", async () => {
    await withView(browser, await wideReport(64), {}, async (page) => {
      await chart(page, "channels").focus();
      await page.keyboard.press("+");
      await page.getByRole("button", { name: "Show all 64" }).waitFor();
      await page.keyboard.press("-");
      await page.keyboard.press("-");
    });
  });
});

describe("a pointer", () => {
  test("looks where it is, keeps where it clicks, and lets go where it leaves", async () => {
    await withView(browser, await wideReport(64), {}, async (page) => {
      const opened = await channel(page);
      const box = await boxOf(page, "channels");
      await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.6);
      const previewed = await channel(page);
      expect(previewed).not.toBe(opened);
      await page.mouse.move(5, 5);
      expect(await channel(page)).toBe(opened);
      await page.mouse.click(box.x + box.width * 0.9, box.y + box.height * 0.6);
      await page.mouse.move(5, 5);
      expect(await channel(page)).toBe(previewed);
    });
  });

  test("chooses a batch size on the noise, an instance among the instances, a norm among the cubes", async () => {
    await withView(browser, fashion, {}, async (page) => {
      const noise = await boxOf(page, "noise");
      await page.mouse.click(noise.x + noise.width * 0.3, noise.y + noise.height * 0.5);
      await page.mouse.move(5, 5);
      expect(Number(await batchSize(page))).toBeLessThan(32);
      await page.locator(".cube[data-norm=layer]").click();
      await page.mouse.move(5, 5);
      expect(await page.getByRole("radio", { name: "Layer norm" }).getAttribute("aria-checked")).toBe("true");
      const instances = await boxOf(page, "instances");
      const chosen = () => page.locator(".panel.maps [data-instance] .line").count();
      expect(await chosen()).toBeGreaterThan(0);
      await page.mouse.click(instances.x + instances.width * 0.5, instances.y + instances.height * 0.5);
      await page.mouse.move(5, 5);
      // One that no plane is kept of: none is framed any more.
      expect(await chosen()).toBe(0);
    });
  });
});

describe("the settings", () => {
  test("the verdict follows use and batch size, and the gap the momentum", async () => {
    await withView(browser, fashion, {}, async (page) => {
      const headline = page.locator(".verdict h2");
      const field = (name: string) => page.getByRole("combobox", { name });
      expect(await headline.textContent()).toBe("BN for classification at batch size 32.");
      await field("Batch size").selectOption("2");
      expect(await headline.textContent()).toBe("LN for classification.");
      expect(await page.locator(".memory thead th").first().textContent()).toBe("Memory at B = 2");
      await field("Use").selectOption("style");
      expect(await headline.textContent()).toBe("IN for style transfer.");
      await page.getByRole("button", { name: "Reset" }).click();
      expect(await headline.textContent()).toBe("BN for classification at batch size 32.");
      const gap = () => page.locator(".panel.gap .chart").getAttribute("aria-label");
      const before = await gap();
      await field("Momentum").selectOption("0.01");
      expect(await gap()).not.toBe(before);
      expect(await gap()).toContain("momentum 0.01");
    });
  });
});

test("what is chosen is said, politely", async () => {
  await withView(browser, await wideReport(64), {}, async (page) => {
    await chart(page, "channels").focus();
    await page.keyboard.press("End");
    await expect.poll(() => page.locator('[role="status"]').textContent()).toMatch(/^Channel 63: mean/);
  });
});
