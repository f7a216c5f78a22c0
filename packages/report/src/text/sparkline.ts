const BLOCKS = "▁▂▃▄▅▆▇█";

/** Values from 0 up as blocks of text, the largest as the highest; a space where there is nothing. */
export function sparkline(values: ArrayLike<number>, width: number): string {
  if (values.length === 0) return "";
  const cells = new Float64Array(Math.min(width, values.length));
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor((i * cells.length) / values.length);
    cells[at] = (cells[at] as number) + Math.max(0, values[i] || 0);
  }
  const largest = cells.reduce((a, b) => Math.max(a, b), 0);
  return Array.from(cells, (x) => (x > 0 ? BLOCKS.charAt(Math.min(7, Math.floor((x / largest) * 8))) : " ")).join("");
}
