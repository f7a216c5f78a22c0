import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from "playwright-core";
import { chromiumPath } from "../browser/chromium.js";
import type { VsCodeServer } from "./vscode-server.js";

const pictures = fileURLToPath(new URL("pictures/", import.meta.url));

/** For what a busy machine may take long for, and no bar is about. */
const PATIENCE_MS = 40_000;

/** Pixels from a cell's upper edge to where its buttons and its state end, for cells of a few lines. */
const CELL_FOOT = 160;

export async function launchBrowser(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  return await chromium.launch({ executablePath: chromiumPath(), args });
}

/** What a window holds. */
export interface FrameState {
  /** Of the page and of all that is detached from it. */
  readonly nodes: number;
  /** Bytes. */
  readonly frameHeap: number;
  /** Those that a view could have started: VS Code's own are counted too, and stay. */
  readonly webWorkers: number;
}

/** VS Code in a window of the browser. */
export class Workbench implements AsyncDisposable {
  readonly page: Page;
  /** Errors that scripts of the window and of its outputs threw. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** Opens a folder, with one of its files in the editor. */
  static async open(browser: Browser, server: VsCodeServer, folder: string, file?: string): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, acceptDownloads: true });
    const workbench = new Workbench(await context.newPage());
    const address = new URL(server.url);
    address.searchParams.set("folder", folder);
    if (file !== undefined) {
      const payload = [["openFile", `vscode-remote://${server.authority}${join(folder, file)}`]];
      address.searchParams.set("payload", JSON.stringify(payload));
    }
    const { page } = workbench;
    await page.goto(address.href, { waitUntil: "commit" });
    await page.locator(".monaco-workbench .part.statusbar").waitFor();
    if (file?.endsWith(".ipynb")) await workbench.notebookShown();
    return workbench;
  }

  /** Waits until the notebook in front is drawn and our kernel is chosen for it. */
  async kernelChosen(): Promise<void> {
    await this.notebookShown();
    await this.page.locator(".notebook-toolbar-container", { hasText: "Normstream (TypeScript)" }).waitFor();
  }

  async notebookShown(): Promise<void> {
    await this.page.locator(".notebookOverlay .cell-list-container").first().waitFor();
  }

  /** The frame that outputs are drawn in. */
  get outputs(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").first().frameLocator("iframe#active-frame");
  }

  /** The frame of one of several notebooks: the one that holds an element. */
  async frameWith(selector: string): Promise<FrameLocator> {
    const frames = this.page.locator("iframe.webview.ready");
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await this.page.waitForTimeout(100)) {
      for (let i = 0; i < (await frames.count()); i++) {
        const frame = frames.nth(i).contentFrame().frameLocator("iframe#active-frame");
        if (
          (await frame
            .locator(selector)
            .count()
            .catch(() => 0)) > 0
        )
          return frame;
      }
    }
    throw new Error(`no output holds ${selector}`);
  }

  /** Roots of the reports that are shown, in their shadows. */
  get reports(): Locator {
    return this.outputs.locator(".normstream");
  }

  /** Code cells that are drawn. */
  get cells(): Locator {
    return this.page.locator(".notebookOverlay .cell-list-container > .monaco-list .monaco-list-row.code-cell-row");
  }

  cell(text: string): Locator {
    return this.cells.filter({ hasText: text });
  }

  /** Runs a command by its title in the palette; extensions' come a little after the window. */
  async command(title: string): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ; ) {
      await this.page.keyboard.press("F1");
      const input = this.page.locator(".quick-input-widget input").first();
      await input.waitFor();
      await input.fill(`>${title}`);
      try {
        await this.pick(title, 3000);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await this.page.keyboard.press("Escape");
      }
    }
  }

  /** Chooses a colour theme, as its picker names it. */
  async chooseTheme(name: string): Promise<void> {
    await this.command("Preferences: Color Theme");
    await this.page.locator(".quick-input-widget input").first().fill(name);
    await this.pick(name);
  }

  /** Picks a row of the quick input that is open. */
  async pick(title: string, timeout = PATIENCE_MS): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row");
    const label = this.page.locator(".label-name", { hasText: new RegExp(`^\\s*${escaped(title)}\\s*$`) });
    await row.filter({ has: label }).first().click({ timeout });
  }

  /** The cell list draws only what is seen: scrolls until a cell is, down first, then back. */
  async reveal(text: string): Promise<void> {
    const list = await this.#overCells();
    const place = () =>
      this.page.locator(".notebookOverlay .cell-list-container .monaco-list-rows").first().getAttribute("style");
    let step = 500;
    const cell = this.cell(text).first();
    for (let i = 0; i < 400; i++) {
      const at = (await cell.count()) > 0 ? await cell.boundingBox({ timeout: 250 }).catch(() => null) : null;
      if (at && at.y >= list.y && at.y + CELL_FOOT < list.y + list.height) return;
      const before = await place();
      // To a cell that is drawn the way is known, all but for outputs that are drawn on it.
      await this.page.mouse.wheel(0, at ? Math.max(-800, Math.min(800, at.y - list.y - 100)) : step);
      await this.page.waitForTimeout(60);
      if (!at && (await place()) === before) step = -step;
    }
    throw new Error(`the cell with "${text}" is not there`);
  }

  /** Scrolls the notebook until a part of an output is seen: the frame that it is in does not scroll by itself. */
  async show(part: Locator): Promise<void> {
    const list = await this.#overCells();
    for (let i = 0; i < 200; i++) {
      const box = await part.boundingBox();
      if (box && box.y >= list.y && box.y < list.y + list.height / 2) return;
      await this.page.mouse.wheel(0, box ? Math.max(-800, Math.min(800, box.y - list.y - 40)) : 400);
      await this.page.waitForTimeout(60);
    }
    throw new Error("a part of the output cannot be scrolled to");
  }

  /** Puts the pointer over the cells, beside what they show. */
  async #overCells(): Promise<{ readonly y: number; readonly height: number }> {
    const list = await this.page.locator(".notebookOverlay .cell-list-container:visible").first().boundingBox();
    if (!list) throw new Error("no notebook is shown");
    await this.page.mouse.move(list.x + 20, list.y + list.height / 2);
    return list;
  }

  /** Scrolls to the notebook's first cell. */
  async top(): Promise<void> {
    await this.#overCells();
    for (let i = 0; i < 30; i++) await this.page.mouse.wheel(0, -5000);
    await this.page.waitForTimeout(200);
  }

  /** Clicks a cell's own run button. */
  async runCell(text: string): Promise<void> {
    await this.reveal(text);
    await this.cell(text).locator(".cell-editor-container").first().hover();
    await this.cell(text).locator(".run-button-container .codicon-notebook-execute").first().click();
  }

  /** Clicks a running cell's stop button. */
  async stopCell(text: string): Promise<void> {
    await this.cell(text).locator(".cell-editor-container").first().hover();
    await this.cell(text).locator(".run-button-container .codicon-notebook-stop").first().click();
  }

  /** Waits until a cell says how it ended. */
  async ended(text: string, how: "well" | "badly"): Promise<void> {
    const icon = how === "well" ? ".codicon-notebook-state-success" : ".codicon-notebook-state-error";
    await this.cell(text).locator(icon).first().waitFor();
  }

  /** Puts the cursor behind a cell's text. */
  async edit(text: string): Promise<void> {
    await this.reveal(text);
    await this.cell(text).locator(".monaco-editor .view-lines").first().click();
    await this.page.keyboard.press("Control+End");
  }

  async save(): Promise<void> {
    await this.page.keyboard.press("Control+KeyS");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
  }

  async closeEditor(): Promise<void> {
    await this.command("View: Close Editor");
  }

  /** Closes what is open, and drops what is not saved. */
  async discard(): Promise<void> {
    await this.command("View: Revert and Close Editor");
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press("Control+KeyP");
    await this.page.locator(".quick-input-widget input").first().fill(name);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
  }

  /** Whether the editor in front has changes that are not saved. */
  async isDirty(): Promise<boolean> {
    return (await this.page.locator(".tab.active.dirty").count()) > 0;
  }

  /** Texts of the cells that are drawn. */
  async cellTexts(): Promise<string[]> {
    return await this.cells.locator(".view-lines").allInnerTexts();
  }

  /** What the window holds once all garbage is collected. */
  async frameState(): Promise<FrameState> {
    const session = await this.page.context().newCDPSession(this.page);
    try {
      for (let k = 0; k < 3; k++) {
        await session.send("HeapProfiler.collectGarbage");
        await this.page.waitForTimeout(100);
      }
      const { nodes } = await session.send("Memory.getDOMCounters");
      const { usedSize } = await session.send("Runtime.getHeapUsage");
      const webWorkers = this.page.workers().filter((worker) => /^(blob|data):/.test(worker.url())).length;
      return { nodes, frameHeap: usedSize, webWorkers };
    } finally {
      await session.detach();
    }
  }

  /** Begins to note which reports are drawn: see `reportsSeen`. */
  async watchReports(): Promise<void> {
    await this.outputs.locator("body").evaluate(() => {
      const seen: WeakRef<Element>[] = [];
      Object.assign(window, { reportsSeen: seen });
      const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function (init) {
        const shadow = attach.call(this, init);
        const place = new WeakRef(shadow);
        setTimeout(() => {
          const root = place.deref()?.querySelector(".normstream");
          if (root) seen.push(new WeakRef(root));
        });
        return shadow;
      };
    });
  }

  /** How many reports were drawn since, and how many of them are still in memory. */
  async reportsSeen(): Promise<{ readonly drawn: number; readonly alive: number }> {
    return await this.outputs.locator("body").evaluate(() => {
      const { reportsSeen: seen } = window as unknown as { reportsSeen: WeakRef<Element>[] };
      return { drawn: seen.length, alive: seen.filter((each) => each.deref() !== undefined).length };
    });
  }

  /** A picture of the window, to be looked at. */
  async picture(name: string): Promise<void> {
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  /** What was seen last stays as a picture: a test that fails ends here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.picture("last").catch(() => {});
    await this.page.context().close();
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
