import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from "playwright-core";
import { chromiumPath } from "../browser/chromium.js";
import type { VsCodeServer } from "./vscode-server.js";

const pictures = fileURLToPath(new URL("pictures/", import.meta.url));

export async function launchBrowser(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  return await chromium.launch({ executablePath: chromiumPath(), args });
}

/** For what a busy machine may take long for, and no bar is about. */
const PATIENCE_MS = 120_000;

/** VS Code in a window of the browser, with a notebook open. */
export class Workbench implements AsyncDisposable {
  readonly page: Page;
  /** Errors of the window's scripts, and of the outputs'. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** Opens a folder, with one of its files in the editor. */
  static async open(browser: Browser, server: VsCodeServer, folder: string, file?: string): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
    const page = await context.newPage();
    const workbench = new Workbench(page);
    const address = new URL(server.url);
    address.searchParams.set("folder", folder);
    if (file !== undefined) {
      const payload = [["openFile", `vscode-remote://${server.authority}${join(folder, file)}`]];
      address.searchParams.set("payload", JSON.stringify(payload));
    }
    await page.goto(address.href, { waitUntil: "commit" });
    await page.locator(".monaco-workbench .part.statusbar").waitFor({ timeout: PATIENCE_MS });
    if (file?.endsWith(".ipynb")) await page.locator(".notebookOverlay .cell-list-container").waitFor({ timeout: PATIENCE_MS });
    return workbench;
  }

  /** Waits until VS Code has chosen our kernel for the notebook. */
  async kernelChosen(): Promise<void> {
    await this.page.locator(".notebook-toolbar-container", { hasText: "Normstream (TypeScript)" }).waitFor({ timeout: PATIENCE_MS });
  }

  /** The frame that outputs are drawn in. */
  get outputs(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").first().frameLocator("iframe#active-frame");
  }

  /** The report's own root, in its shadow. */
  get report(): Locator {
    return this.outputs.locator(".normstream");
  }

  cell(text: string): Locator {
    return this.page.locator(".notebookOverlay .cell-list-container > .monaco-list .monaco-list-row.code-cell-row", {
      hasText: text,
    });
  }

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input").first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const row = this.page.locator(".quick-input-list .monaco-list-row");
    await row.filter({ has: this.page.locator(".label-name", { hasText: new RegExp(`^${escaped(title)}$`) }) }).first().click();
  }

  /** The cell list draws only what is seen: scrolls until a cell is. */
  async reveal(text: string): Promise<void> {
    const list = this.page.locator(".notebookOverlay .cell-list-container");
    const box = await list.boundingBox();
    if (!box) throw new Error("no notebook is shown");
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    for (let i = 0; i < 60; i++) {
      const at = await this.cell(text).boundingBox({ timeout: 300 }).catch(() => null);
      if (at && at.y > box.y && at.y + 60 < box.y + box.height) return;
      await this.page.mouse.wheel(0, at && at.y <= box.y ? -150 : 150);
      await this.page.waitForTimeout(60);
    }
    throw new Error(`the cell with "${text}" is not there`);
  }

  /** Clicks a cell's own run button. */
  async runCell(text: string): Promise<void> {
    await this.reveal(text);
    await this.cell(text).locator(".cell-editor-container").hover();
    await this.cell(text).locator(".run-button-container .action-label.codicon-notebook-execute").first().click();
  }

  /** A picture of the window, to be looked at. */
  async picture(name: string): Promise<void> {
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
