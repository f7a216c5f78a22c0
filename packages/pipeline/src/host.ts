/**
 * What a program that runs others' code with Normstream in it, such as a notebook's kernel, lays down for that code. It stands at
 * `globalThis[Symbol.for("normstream.host")]`, so that whichever copy of Normstream the code imports finds it.
 */
export interface Host {
  /** Stops every pass that runs, beside the pass's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** Threads of a pool where the code names none. */
  readonly threads?: number | undefined;
  /** Memory of a pool where the code names none: bytes, or a text such as "512MB". */
  readonly memory?: number | string | undefined;
  /** Shows something to the reader. */
  readonly surface?: Surface | undefined;
  /** Told how far a run has come that is shown, 0 to 1. */
  readonly progress?: ((part: number) => void) | undefined;
  /** Given what can still be asked of a report that is shown (`ReportDetails`), by its id. */
  readonly keepReport?: ((id: string, details: unknown) => void) | undefined;
  /** What is shown goes on until this settles: the host waits for it. */
  readonly hold?: ((work: Promise<unknown>) => void) | undefined;
}

/** Data by media type, as Jupyter has it: JSON types hold JSON, images base64, all others text. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A place where things are shown one after another. */
export interface Surface {
  show(bundle: MimeBundle): Shown;
}

/** Something that is shown. */
export interface Shown {
  /** Shows something else in its place. */
  update(bundle: MimeBundle): void;
}

const KEY = Symbol.for("normstream.host");

/** The program around, where there is one. */
export const host = (): Host | undefined => (globalThis as { [KEY]?: Host })[KEY];
