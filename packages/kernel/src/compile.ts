import { KERNEL_BASE64 } from "../generated/kernel-wasm.js";

let compiled: WebAssembly.Module | undefined;

/**
 * The compiled kernels: once a thread. A module can be posted to other threads, which then need not compile it again.
 */
export function compileKernel(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(bytesOf(KERNEL_BASE64));
  return compiled;
}

/** Node's own decoder where there is one: a call for each byte would take 19 ms of every start. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> } };
  return Buffer?.from(base64, "base64") ?? Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
