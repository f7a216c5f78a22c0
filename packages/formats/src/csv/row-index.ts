import { dataError } from "@normstream/tensor";

/** Where every so many rows begin. */
export interface RowIndex {
  readonly rows: number;
  readonly rowsPerChunk: number;
  /** First byte of each chunk, and one more: the end. */
  readonly offsets: readonly number[];
  /** Line that each chunk begins on, counted from 1. */
  readonly lines: readonly number[];
  /** Of the largest chunk. */
  readonly chunkBytes: number;
}

/** Bytes of a chunk, about. */
const CHUNK_BYTES = 1 << 20;
/** Chunks of an index: larger files have larger ones. */
const MOST_CHUNKS = 1 << 15;
const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;

/** Builds an index out of the bytes of a file, as they come. Newlines in quotes end no row; lines that are empty are none. */
export class RowIndexBuilder {
  readonly #file: string;
  readonly #starts: number[] = [];
  readonly #lines: number[] = [];
  #rowsPerChunk: number;
  #rows = 0;
  #at: number;
  #line: number;
  #isQuoted = false;
  /** Where the row begins that is read. */
  #rowStart: number;
  #rowLine: number;

  /** @param at the first byte that is given. @param rowBytes what a row takes, about */
  constructor(file: string, at: number, line: number, rowBytes: number) {
    this.#file = file;
    this.#at = at;
    this.#rowStart = at;
    this.#line = line;
    this.#rowLine = line;
    this.#rowsPerChunk = 2 ** Math.max(0, Math.floor(Math.log2(CHUNK_BYTES / Math.max(1, rowBytes))));
  }

  push(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    // The next quote is looked for only when it was passed.
    let quote = buffer.indexOf(QUOTE);
    let from = 0;
    for (;;) {
      let newline = buffer.indexOf(NEWLINE, from);
      if (newline < 0) newline = buffer.length;
      while (quote >= 0 && quote < newline) {
        this.#isQuoted = !this.#isQuoted;
        quote = buffer.indexOf(QUOTE, quote + 1);
      }
      if (newline === buffer.length) break;
      this.#line++;
      if (!this.#isQuoted) {
        const end = this.#at + newline;
        const length = end - this.#rowStart - (newline > 0 && buffer[newline - 1] === RETURN ? 1 : 0);
        if (length > 0) this.#add();
        this.#rowStart = end + 1;
        this.#rowLine = this.#line;
      }
      from = newline + 1;
    }
    this.#at += bytes.length;
  }

  /** @throws NormstreamError of kind `data` for a quote that does not end. */
  finish(): RowIndex {
    if (this.#isQuoted) {
      throw dataError(`line ${this.#rowLine}: a quote does not end`, {
        file: this.#file,
        expected: 'a second " before the end of the file',
      });
    }
    if (this.#at > this.#rowStart) this.#add();
    const offsets = [...this.#starts, this.#at];
    let chunkBytes = 0;
    for (let i = 1; i < offsets.length; i++)
      chunkBytes = Math.max(chunkBytes, (offsets[i] as number) - (offsets[i - 1] as number));
    const rows = this.#rows;
    return { rows, rowsPerChunk: this.#rowsPerChunk, offsets, lines: this.#lines, chunkBytes };
  }

  #add(): void {
    if (this.#rows % this.#rowsPerChunk === 0) {
      if (this.#starts.length === MOST_CHUNKS) this.#halve();
      if (this.#rows % this.#rowsPerChunk === 0) {
        this.#starts.push(this.#rowStart);
        this.#lines.push(this.#rowLine);
      }
    }
    this.#rows++;
  }

  #halve(): void {
    for (let i = 0; i < MOST_CHUNKS / 2; i++) {
      this.#starts[i] = this.#starts[2 * i] as number;
      this.#lines[i] = this.#lines[2 * i] as number;
    }
    this.#starts.length = MOST_CHUNKS / 2;
    this.#lines.length = MOST_CHUNKS / 2;
    this.#rowsPerChunk *= 2;
  }
}
