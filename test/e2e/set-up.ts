import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { installVsCode } from "./install-vscode.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

declare module "vitest" {
  export interface ProvidedContext {
    /** Folder of the installed VS Code. */
    vscode: string;
    /** The packed extension. */
    vsix: string;
  }
}

/** Before all tests: VS Code is there, and the extension is packed as it will be published. */
export default function setUp(project: TestProject): void {
  project.provide("vscode", installVsCode());
  // One that is packed already may be named.
  const packedBefore = process.env.NORMSTREAM_VSIX;
  if (packedBefore) {
    project.provide("vsix", packedBefore);
    return;
  }
  const vsix = join(root, "extension", "dist", "normstream-e2e.vsix");
  const packed = spawnSync(process.execPath, [join(root, "scripts", "package-vsix.mjs"), vsix], { encoding: "utf8" });
  if (packed.status !== 0) throw new Error(`The extension could not be packed: ${packed.stderr}`);
  project.provide("vsix", vsix);
}
