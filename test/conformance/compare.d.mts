interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export function difference(
  output: string,
  got: Numbers,
  want: Numbers,
  tolerance: { rtol: number; atol: number },
  dtype: string,
): string | undefined;
