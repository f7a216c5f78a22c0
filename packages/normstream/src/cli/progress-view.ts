/** Where progress is drawn. */
export interface ProgressView {
  update(state: ProgressState): void;
  stop(): void;
}

/** How far a run has come, as text. */
export interface ProgressState {
  /** 0 to 1. */
  readonly fraction: number;
  /** `34 % of 8.00 GB, 2.31 GB/s, 3 s left`, in pieces. */
  readonly percent: string;
  readonly total: string;
  readonly rate: string;
  readonly left: string;
}
