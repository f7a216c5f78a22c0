import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { type ServerOptions, startVsCode, type VsCodeServer } from "./vscode-server.js";
import { launchBrowser, Workbench } from "./workbench.js";

/** Images of clothes, 10,000 of 28 × 28 bytes: they come with the repository. */
export const FASHION = fileURLToPath(new URL("../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url));

/** A VS Code for the tests of one file, with a workspace of its own. */
export interface VsCode {
  /** The folder that is open in it. */
  readonly workspace: string;
  readonly server: VsCodeServer;
  /** Opens a window on the workspace, with one of its files in the editor. */
  open(file?: string): Promise<Workbench>;
}

/** Starts before the tests of the file, and is gone after them. */
export function useVsCode(options: Omit<ServerOptions, "folder"> = {}): VsCode {
  const folder = mkdtempSync(join(tmpdir(), "normstream-e2e-"));
  const workspace = join(folder, "workspace");
  let server: VsCodeServer | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    mkdirSync(workspace);
    copyFileSync(FASHION, join(workspace, "images.gz"));
    server = await startVsCode({ ...options, folder });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const started = (): VsCodeServer => {
    if (!server) throw new Error("VS Code was not started");
    return server;
  };
  return {
    workspace,
    get server() {
      return started();
    },
    open: (file) => Workbench.open(browser as Browser, started(), workspace, file),
  };
}
