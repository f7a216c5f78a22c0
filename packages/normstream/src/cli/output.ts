import { ioError } from "@normstream/tensor";

/** Whoever reads stderr may be gone: there is nobody left to tell. */
export function ignoreStderrErrors(): void {
  process.stderr.on("error", () => {});
}

/**
 * Writes a result to stdout, as fast as it is taken. Where the reader has gone (`| head`), the rest is dropped without a word.
 * @throws NormstreamError of kind `io` where writing fails otherwise: a full disk behind `> file`.
 */
export async function writeResult(pieces: string | Iterable<string>): Promise<void> {
  for (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    if (!(await write(piece))) return;
  }
}

function write(text: string): Promise<boolean> {
  const { stdout } = process;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") resolve(false);
      else reject(ioError("cannot write to standard output", error));
    };
    // The stream reports an error to the callback and to its listeners; without a listener that would end the process.
    stdout.once("error", fail);
    stdout.write(text, (error) => {
      if (error) return fail(error);
      stdout.off("error", fail);
      resolve(true);
    });
  });
}

/** Tells the user something that is not a result, on stderr. */
export type Say = (text: string) => void;

/** Says nothing where `quiet` is set. */
export const sayUnless = (quiet: boolean | undefined): Say =>
  quiet ? () => {} : (text) => void process.stderr.write(`normstream: ${text}\n`);
