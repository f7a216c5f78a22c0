const BLOCKS = "▁▂▃▄▅▆▇█";

/** Values from 0 up as blocks of text, the largest as the highest; a space where there is nothing. Cells of several values are their means. */
export function sparkline(values: ArrayLike<number>, width: number): string {
  const cells = cellMeans(values, width);
  const largest = cells.reduce((a, b) => Math.max(a, b), 0);
  return Array.from(cells, (x) => (x > 0 ? BLOCKS.charAt(Math.min(7, Math.floor((x / largest) * 8))) : " ")).join("");
}

/** Shares as such blocks, drawn by their roots: one value that half of all have would press the others flat. */
export const shareSparkline = (shares: ArrayLike<number>, width: number): string =>
  sparkline(Float64Array.from(cellMeans(shares, width), Math.sqrt), width);

function cellMeans(values: ArrayLike<number>, width: number): Float64Array {
  const cells = new Float64Array(Math.min(width, values.length));
  const counts = new Float64Array(cells.length);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor((i * cells.length) / values.length);
    cells[at] = (cells[at] as number) + Math.max(0, values[i] || 0);
    counts[at] = (counts[at] as number) + 1;
  }
  return cells.map((sum, at) => sum / (counts[at] as number));
}
