import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";

export const THEMES = ["light", "dark", "contrast"] as const;
export type TestTheme = (typeof THEMES)[number];

export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: TestTheme | "forced";
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
  { width = 1600, height = 1000, theme = "light" }: ViewOptions = {},
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
    if (url === `${ORIGIN}/`) return await route.fulfill({ contentType: "text/html", body: html });
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

/** Waits until charts have their width and tiles are painted. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const root = document.getElementById("place")?.shadowRoot;
    const canvas = root?.querySelector("canvas");
    return root?.querySelector("h1") && (!canvas || canvas.dataset.painter !== undefined);
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.waitForTimeout(150);
}
