import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { expectGolden } from "./golden.js";
import { fashionReport, wideReport } from "./reports.js";
import { openView, settled, THEMES, type ViewWindow } from "./view-page.js";

let browser: Browser;
let fashion: string;
beforeAll(async () => {
  browser = await launchChromium();
  fashion = await fashionReport();
}, 60_000);
afterAll(async () => await browser?.close());

const WIDTHS = [480, 900, 1600];

/** Opens a report, and asserts at the end that nothing went wrong unseen. */
async function withView(
  report: string,
  options: Parameters<typeof openView>[2],
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, troubles } = await openView(browser, report, options);
  try {
    await act(page);
    expect(troubles).toEqual({ errors: [], requests: [] });
  } finally {
    await page.close();
  }
}

describe.each(THEMES)("in the theme %s", (theme) => {
  test.each(WIDTHS)("every view at %i px is as its golden picture", async (width) => {
    await withView(fashion, { width, theme }, async (page) => {
      await expectGolden(`fashion-mnist-${theme}-${width}`, page);
    });
  });

  test("axe finds nothing, with the run and a table open too", async () => {
    await withView(fashion, { theme }, async (page) => {
      await page.getByText("How it was computed").click();
      await page.getByRole("button", { name: "Noise of a batch as a table" }).click();
      await settled(page);
      await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(root: Element): Promise<{ violations: unknown[] }> } };
        return (await axe.run(document.getElementById("place") as HTMLElement)).violations;
      });
      expect(violations).toEqual([]);
    });
  });
});

test("forced colours draw every view in the system's own", async () => {
  await withView(fashion, { theme: "forced" }, async (page) => {
    await expectGolden("fashion-mnist-forced-1600", page);
  });
});

test("64 channels, some constant and some not finite", async () => {
  for (const theme of THEMES) {
    await withView(await wideReport(64), { theme }, async (page) => {
      await expectGolden(`channels-64-${theme}`, page);
    });
  }
});

describe("layout", () => {
  test.each(WIDTHS)("at %i px nothing scrolls sideways, no label leaves its picture, no labels overlap", async (width) => {
    for (const report of [fashion, await wideReport(64)]) {
      await withView(report, { width }, async (page) => {
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        expect(await page.evaluate(labelTroubles)).toEqual([]);
      });
    }
  });

  test("an update moves nothing, and keeps what was selected", async () => {
    await withView(fashion, {}, async (page) => {
      const places = () =>
        page.evaluate(() => {
          const root = document.getElementById("place")?.shadowRoot;
          return [...(root?.querySelectorAll(".panel") ?? [])].map((panel) => {
            const { top, height } = panel.getBoundingClientRect();
            return `${panel.className} ${top} ${height}`;
          });
        });
      await page.getByRole("radio", { name: "Layer norm" }).click();
      const before = await places();
      await page.evaluate((text) => {
        const { rendered, view } = window as unknown as ViewWindow;
        rendered.update(view.decodeReport(text));
      }, fashion);
      await settled(page);
      expect(await places()).toEqual(before);
      expect(await page.getByRole("radio", { name: "Layer norm" }).getAttribute("aria-checked")).toBe("true");
    });
  });
});

/** Labels of pictures that stick out of them, or that lie over one another. Runs in the page. */
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
  return found;
}

describe("by keyboard alone", () => {
  test("Tab passes every control once and leaves; arrows work inside each view", async () => {
    await withView(fashion, {}, async (page) => {
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
    await withView(fashion, {}, async (page) => {
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

  test("each view answers to arrows", async () => {
    await withView(await wideReport(64), {}, async (page) => {
      const chart = (name: string) => page.locator(`.panel.${name} .chart`);
      const opened = await page.getByRole("spinbutton", { name: "Channel" }).inputValue();
      await chart("cubes").focus();
      await page.keyboard.press("ArrowRight");
      expect(await page.getByRole("radio", { checked: true }).textContent()).not.toBe("BN");
      await chart("channels").focus();
      await page.keyboard.press("End");
      expect(await page.getByRole("spinbutton", { name: "Channel" }).inputValue()).toBe("63");
      await chart("noise").focus();
      await page.keyboard.press("Home");
      expect(await page.getByRole("combobox", { name: "Batch size" }).inputValue()).toBe("1");
      await page.getByRole("button", { name: "Reset" }).press("Enter");
      expect(await page.getByRole("spinbutton", { name: "Channel" }).inputValue()).toBe(opened);
    });
  });
});

test("tables and files hold what the pictures show", async () => {
  await withView(fashion, {}, async (page) => {
    await page.getByRole("button", { name: "Channels as a table" }).click();
    expect(await page.getByRole("region", { name: "Channels, as a table" }).textContent()).toContain("73.1466");
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const csv = await saved("Save Channels as CSV");
    expect(csv.name).toMatch(/channels\.csv$/);
    expect(csv.bytes.toString()).toMatch(/^channel,mean,std,.*\r\n0,73\.14/);
    const svg = await saved("Save Noise of a batch as SVG");
    expect(svg.bytes.toString()).toMatch(/^<svg xmlns=/);
    const png = await saved("Save Noise of a batch as PNG");
    expect(png.bytes.subarray(1, 4).toString()).toBe("PNG");
  });
});

test("disposed, it leaves neither elements nor workers", async () => {
  await withView(fashion, {}, async (page) => {
    expect(page.workers()).toHaveLength(1);
    await page.evaluate(() => (window as unknown as ViewWindow).rendered[Symbol.dispose]());
    await expect.poll(() => page.workers().length).toBe(0);
    expect(await page.evaluate(() => document.getElementById("place")?.shadowRoot?.childElementCount)).toBe(0);
  });
});

describe("4096 channels", () => {
  // What else the machine does costs frames: one good run of three shows that the view keeps up.
  test("the first paint comes within 200 ms of the call, and frames of hovering and brushing within 20 ms", {
    retry: 2,
  }, async () => {
    await withView(await wideReport(4096), {}, async (page) => {
      const report = await wideReport(4096);
      const firstPaintMs = await page.evaluate(async (text) => {
        const { rendered, view } = window as unknown as ViewWindow;
        rendered[Symbol.dispose]();
        const place = document.getElementById("place") as HTMLElement;
        const decoded = view.decodeReport(text);
        const started = performance.now();
        view.renderReport(place, decoded, { theme: "light" });
        // The second frame begins when the first has been painted.
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        return performance.now() - started;
      }, report);
      expect(firstPaintMs).toBeLessThan(200);
      await settled(page);
      const box = await page.locator(".panel.channels .chart").boundingBox();
      if (!box) throw new Error("the channels are not shown");
      const move = (x: number, y: number) => page.mouse.move(box.x + x, box.y + y);
      const hovering = await frameTimes(page, async () => {
        for (let i = 0; i < 120; i++) await move(60 + i * 11, box.height / 2);
      });
      await move(300, 50);
      await page.mouse.down();
      const brushing = await frameTimes(page, async () => {
        for (let i = 0; i < 80; i++) await move(300 + i * 8, 50);
      });
      await page.mouse.up();
      expect({ hovering: p95(hovering), brushing: p95(brushing) }).toEqual({
        hovering: expect.toSatisfy((ms: number) => ms < 20),
        brushing: expect.toSatisfy((ms: number) => ms < 20),
      });
    });
  });
});

const p95 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;

/** Times between frames while something is done, ms. */
async function frameTimes(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(window, { frames, watching: true });
    let last = performance.now();
    const watch = (now: number): void => {
      frames.push(now - last);
      last = now;
      if ((window as unknown as { watching: boolean }).watching) requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
  });
  await act();
  return await page.evaluate(() => {
    const state = window as unknown as { frames: number[]; watching: boolean };
    state.watching = false;
    return state.frames.slice(2);
  });
}
