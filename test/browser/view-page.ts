import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";

/** The three that every view is looked at in. */
export const THEMES = ["light", "dark", "contrast"] as const;
export type TestTheme = (typeof THEMES)[number];

export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: TestTheme | "contrast-light" | "forced";
  /** A Content-Security-Policy of the page around. */
  readonly policy?: string;
}

const ORIGIN = "http://view.test";
const view = readFileSync(fileURLToPath(new URL("../../packages/normstream/dist/report-view.js", import.meta.url)));
const font = (name: string): Buffer =>
  readFileSync(createRequire(import.meta.url).resolve(`@fontsource/inter/files/inter-${name}-normal.woff2`));

const RANGES = { latin: "U+0000-02FF, U+2000-22FF", greek: "U+0370-03FF" };
const faces = [400, 500, 600]
  .flatMap((weight) =>
    Object.entries(RANGES).map(
      ([script, range]) =>
        `@font-face{font-family:"Golden";font-weight:${weight};src:url(/${script}-${weight}.woff2);unicode-range:${range}}`,
    ),
  )
  .join("\n");

/** A page that embeds the view as a notebook does: an element, a report, a theme. */
const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>view</title>
<style>${faces} body{margin:0;--vscode-font-family:"Golden"}</style></head>
<body><main id="place"></main>
<script type="module">import * as view from "/report-view.js"; window.view = view;</script></body></html>`;

/** What the page holds: the view's module, and what it rendered. */
export interface ViewWindow {
  readonly view: {
    decodeReport(text: string): unknown;
    renderReport(place: HTMLElement, report: unknown, options: { theme?: string }): ViewWindow["rendered"];
  };
  rendered: Disposable & { update(report: unknown): void };
}

/** What the page could not do without it being said: script errors, refused requests, requests to anywhere. */
export interface Troubles {
  readonly errors: string[];
  readonly requests: string[];
}

/** Opens a page with a report shown in it. Its requests are answered here; others are written down and refused. */
export async function openView(
  browser: Browser,
  encoded: string,
  { width = 1600, height = 1000, theme = "light", policy }: ViewOptions = {},
): Promise<{ page: Page; troubles: Troubles }> {
  const page = await browser.newPage({
    viewport: { width, height },
    deviceScaleFactor: 1,
    reducedMotion: "reduce",
    forcedColors: theme === "forced" ? "active" : "none",
  });
  const troubles: Troubles = { errors: [], requests: [] };
  page.on("pageerror", (error) => troubles.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && troubles.errors.push(message.text()));
  await page.route("**/*", async (route) => {
    const url = route.request().url();
    if (url === `${ORIGIN}/`) {
      const headers = policy === undefined ? {} : { "content-security-policy": policy };
      return await route.fulfill({ contentType: "text/html", body: html, headers });
    }
    if (url === `${ORIGIN}/report-view.js`) return await route.fulfill({ contentType: "text/javascript", body: view });
    const face = /\/((?:latin|greek)-\d+)\.woff2$/.exec(url)?.[1];
    if (face) return await route.fulfill({ contentType: "font/woff2", body: font(face) });
    troubles.requests.push(url);
    await route.abort();
  });
  await page.goto(`${ORIGIN}/`);
  await page.evaluate(async () => {
    await Promise.all(["400", "500", "600"].map((weight) => document.fonts.load(`${weight} 14px Golden`, "aμ")));
  });
  await page.evaluate(
    ([text, chosen]) => {
      const page = window as unknown as ViewWindow;
      const { renderReport, decodeReport } = page.view;
      const place = document.getElementById("place") as HTMLElement;
      page.rendered = renderReport(place, decodeReport(text), chosen === "forced" ? {} : { theme: chosen });
    },
    [encoded, theme] as const,
  );
  await settled(page);
  return { page, troubles };
}

/** Waits until charts have their width and tiles are on the screen. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const root = document.getElementById("place")?.shadowRoot;
    if (!root?.querySelector("h1")) return false;
    // A canvas that a worker paints is copied to be looked into.
    return [...root.querySelectorAll("canvas")].every((canvas) => {
      if (canvas.dataset.painter === undefined || canvas.width === 0) return false;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
      copy?.drawImage(canvas, 0, 0);
      return copy?.getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
    });
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.waitForTimeout(150);
}

/** Opens a report, and asserts at the end that nothing went wrong unseen. */
export async function withView(
  browser: Browser,
  report: string,
  options: ViewOptions,
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

/** Shows another state of the report in the same place. */
export async function updateView(page: Page, encoded: string): Promise<void> {
  await page.evaluate((text) => {
    const { rendered, view } = window as unknown as ViewWindow;
    rendered.update(view.decodeReport(text));
  }, encoded);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}
