import { SpillFile } from "./spill-file.js";

/** Records up to so many bytes stay in memory. */
const MEMORY_BYTES = 1 << 20;
/** Every so many records it is remembered where one starts. */
const STRIDE = 64;

interface Mark {
  /** Where the record's text begins, among all bytes. */
  readonly byte: number;
  /** Sum of the weights before it. */
  readonly weight: number;
}

/**
 * Lines of text, each with a weight, appended in order and read back by position: a list of a million files takes little memory, since
 * beyond a megabyte it lies in a temporary file. Weights are samples, so that who asks for samples finds the lines that hold them.
 */
export class RecordIndex implements Disposable {
  readonly #marks: Mark[] = [];
  #spill: SpillFile | null = null;
  #waiting: string[] = [];
  #waitingBytes = 0;
  /** Bytes that are in the file, or will be. */
  #bytes = 0;
  #length = 0;
  #weight = 0;

  /** How many records. */
  get length(): number {
    return this.#length;
  }
  /** Sum of all weights. */
  get weight(): number {
    return this.#weight;
  }

  /** Adds a record. @param text without a line feed. @param weight 1 or more. */
  add(text: string, weight = 1): void {
    if (this.#length % STRIDE === 0) this.#marks.push({ byte: this.#bytes, weight: this.#weight });
    const bytes = Buffer.byteLength(text) + 1;
    this.#waiting.push(text);
    this.#waitingBytes += bytes;
    this.#bytes += bytes;
    this.#length++;
    this.#weight += weight;
    if (this.#waitingBytes > MEMORY_BYTES) this.#write();
  }

  /**
   * The records from that one on which holds the unit of weight `from`, and the weight before it. As many as the stride allows: the
   * caller stops where it has enough.
   */
  *from(weight: number): Generator<string, void> {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#marks[middle] as Mark).weight <= weight) low = middle;
      else high = middle - 1;
    }
    for (let mark = low; mark < this.#marks.length; mark++) yield* this.#block(mark);
  }

  /** The weight before the first record that `from` gives. */
  startOf(weight: number): number {
    const mark = this.#marks.findLast((candidate) => candidate.weight <= weight);
    return mark?.weight ?? 0;
  }

  [Symbol.dispose](): void {
    this.#spill?.[Symbol.dispose]();
    this.#spill = null;
    this.#waiting = [];
  }

  #block(mark: number): string[] {
    const first = mark * STRIDE;
    const written = this.#length - this.#waiting.length;
    if (first >= written) return this.#waiting.slice(first - written, first - written + STRIDE);
    const { byte } = this.#marks[mark] as Mark;
    const end = this.#marks[mark + 1]?.byte ?? this.#bytes;
    const inFile = Math.min(end, this.#spill?.byteLength ?? 0);
    const lines = (this.#spill as SpillFile)
      .read(byte, inFile - byte)
      .toString("utf8")
      .split("\n")
      .slice(0, -1);
    return end > inFile ? [...lines, ...this.#waiting.slice(0, STRIDE - lines.length)] : lines;
  }

  #write(): void {
    this.#spill ??= new SpillFile();
    this.#spill.append(Buffer.from(`${this.#waiting.join("\n")}\n`));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
