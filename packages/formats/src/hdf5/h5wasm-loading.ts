import { loadOptional } from "../optional-package.js";
import { packageVersion } from "../package-version.js";

type H5Wasm = typeof import("h5wasm");

/** The library of a thread: synchronous, one instance for all files. */
export interface Hdf5Library {
  readonly h5wasm: H5Wasm;
  readonly module: Awaited<H5Wasm["ready"]>;
  readonly version: string;
}

let loading: Promise<Hdf5Library> | undefined;

/** Loads h5wasm, once a thread. @throws NormstreamError of kind `usage` where it is not installed. */
export function loadH5Wasm(): Promise<Hdf5Library> {
  loading ??= loadOptional("h5wasm", "reading HDF5", async () => {
    const h5wasm = await import("h5wasm");
    const module = await h5wasm.ready;
    // Errors are thrown, where the library would print its own stack of them.
    module.activate_throwing_error_handler();
    return { h5wasm, module, version: packageVersion("h5wasm") };
  });
  return loading;
}
