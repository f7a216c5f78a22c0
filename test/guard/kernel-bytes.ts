import { readFileSync } from "node:fs";

/** The kernels' module as it was built. */
export function kernelBytes(): Uint8Array {
  const text = readFileSync(new URL("../../packages/kernel/generated/kernel-wasm.ts", import.meta.url), "utf8");
  return Buffer.from(/KERNEL_BASE64 = "([^"]+)"/.exec(text)?.[1] ?? "", "base64");
}
