import { KERNEL_BASE64 } from "../generated/kernel-wasm.js";

let compiled: WebAssembly.Module | undefined;

/**
 * The compiled kernels: once a thread. A module can be posted to other threads, which then need not compile it again.
 */
export function compileKernel(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(KERNEL_BASE64), (char) => char.charCodeAt(0)));
  return compiled;
}
