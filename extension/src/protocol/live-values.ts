// What the editor asks about the values that cells have made: names to complete, and what a name stands for.

/** A name that can be typed here. */
export interface LiveName {
  readonly name: string;
  readonly kind: "variable" | "function" | "class" | "property" | "method";
  /** "number", "Float64Array(3)" */
  readonly type: string;
}

/** What a name stands for. */
export interface LiveValue {
  readonly type: string;
  /** The value as text, cut where it is long. */
  readonly text: string;
}

/** Characters of a value's text at most. */
export const MOST_VALUE_TEXT = 600;
/** Names that are offered at most. */
export const MOST_NAMES = 500;
