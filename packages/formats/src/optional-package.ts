import { NormstreamError, usageError } from "@normstream/tensor";
import { firstLine } from "./decoding-error.js";

/**
 * Loads a package that not everybody installs: it is large, or native.
 * @throws NormstreamError of kind `usage` where it is not installed, or does not run on this machine: it says what to do.
 */
export async function loadOptional<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof NormstreamError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    throw usageError(`${purpose} needs the package ${name}, which ${isMissing ? "is not installed" : "does not load here"}`, {
      ...(isMissing ? {} : { found: firstLine(cause) }),
      hint: `npm install ${name}`,
      cause,
    });
  }
}
