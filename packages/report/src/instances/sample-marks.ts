import { blockStart, COUNT, MAX, NAN, NEG_INF, POS_INF, ROW, type TableShape } from "@normstream/moments";

const MOST_PLACES = 16;

/** Rows of a table that are worth a second look. */
export interface SampleMarks {
  /** The first rows with NaN or infinities, in order; at most 16. */
  readonly notFinite: readonly NotFinite[];
  /** Rows with any. */
  readonly notFiniteRows: number;
  /** Samples (blocks of them, where rows hold several) all of whose values lie at or below 1, and any lies above 0. */
  readonly upToOne: { readonly count: number; readonly samples: readonly number[] };
}

export interface NotFinite {
  /** First sample of the row. */
  readonly sample: number;
  readonly channel: number;
  readonly nan: number;
  readonly posInf: number;
  readonly negInf: number;
}

/** Takes rows in their order and marks some of them. */
export class SampleMarking {
  readonly #table: TableShape;
  readonly #notFinite: NotFinite[] = [];
  readonly #upToOne: number[] = [];
  #notFiniteRows = 0;
  #upToOneCount = 0;
  #block = 0;

  constructor(table: TableShape) {
    this.#table = table;
  }

  /** Adds the next rows, `[blocks, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const { channels } = this.#table;
    for (let at = 0; at < rows.length; at += channels * ROW) {
      let max = -Infinity;
      for (let c = 0; c < channels; c++) {
        const row = at + c * ROW;
        if ((rows[row + COUNT] as number) > 0) max = Math.max(max, rows[row + MAX] as number);
        const [nan, posInf, negInf] = [rows[row + NAN] as number, rows[row + POS_INF] as number, rows[row + NEG_INF] as number];
        if (nan + posInf + negInf > 0) this.#mark(c, nan, posInf, negInf);
      }
      if (max > 0 && max <= 1) {
        this.#upToOneCount++;
        if (this.#upToOne.length < MOST_PLACES) this.#upToOne.push(blockStart(this.#table, this.#block));
      }
      this.#block++;
    }
  }

  finish(): SampleMarks {
    return {
      notFinite: this.#notFinite,
      notFiniteRows: this.#notFiniteRows,
      upToOne: { count: this.#upToOneCount, samples: this.#upToOne },
    };
  }

  #mark(channel: number, nan: number, posInf: number, negInf: number): void {
    this.#notFiniteRows++;
    if (this.#notFinite.length >= MOST_PLACES) return;
    this.#notFinite.push({ sample: blockStart(this.#table, this.#block), channel, nan, posInf, negInf });
  }
}
