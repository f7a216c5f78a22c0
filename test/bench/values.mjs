// Float32 values as those of another type, as every program makes them of the input.

const clamped = (level) => Math.min(255, Math.max(0, level));

const cell = new Float32Array(1);
const bits = new Uint32Array(cell.buffer);

/** The float16 nearest to a float32, ties to even, as a number: what its bits stand for. */
function roundToFloat16(value) {
  cell[0] = value;
  const exponent = Math.max(-14, ((bits[0] >>> 23) & 255) - 127);
  const unit = 2 ** (exponent - 10);
  const scaled = Math.abs(value) / unit;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 === 1);
  return Math.sign(value) * (floor + (isUp ? 1 : 0)) * unit;
}

/** Arrays of each type, or of a wider one that holds the same values. */
export const asType = {
  float32: (values) => values,
  float64: (values) => Float64Array.from(values),
  float16: (values) => values.map(roundToFloat16),
  uint8: (values) => Uint8Array.from(values, (value) => clamped(Math.floor(40 * value + 128))),
};
