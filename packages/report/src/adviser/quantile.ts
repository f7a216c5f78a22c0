/** Quantile of numbers, between neighbours linearly; NaN left out. NaN where there are none. */
export function quantile(values: Iterable<number>, p: number): number {
  const numbers = values instanceof Float64Array ? values : Float64Array.from(values);
  const sorted = numbers.filter((x) => !Number.isNaN(x)).sort();
  if (sorted.length === 0) return Number.NaN;
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

export const median = (values: Iterable<number>): number => quantile(values, 0.5);
