const FLOAT32_MAX = 3.4028235e38;
const STATISTICS = /^(batch|total)_(mean|var)$/;

/**
 * Compares one output with the answer by the rules of `norm-case/1` (cases/README.md, "Tolerance").
 * @param {string} output name of the output, such as `y`
 * @param {{ shape: readonly number[], data: ArrayLike<number> }} got
 * @param {{ shape: readonly number[], data: ArrayLike<number> }} want
 * @param {{ rtol: number, atol: number }} tolerance
 * @param {string} dtype of `x`
 * @returns {string | undefined} what is wrong, or undefined where the output passes
 */
export function difference(output, got, want, { rtol, atol }, dtype) {
  if (got.shape.join() !== want.shape.join() || got.data.length !== want.data.length) {
    return `shape [${got.shape}] where [${want.shape}] is right`;
  }
  let worst = 0;
  let message;
  let wrong = 0;
  for (let i = 0; i < want.data.length; i++) {
    const g = got.data[i];
    const w = want.data[i];
    if (agree(output, g, w, rtol, atol, dtype)) continue;
    wrong++;
    const units = Math.abs(g - w) / (atol + rtol * Math.abs(w));
    if (message === undefined || units > worst) {
      worst = units;
      message = `element ${i} is ${g} where ${w} is right (${units.toPrecision(3)} × the tolerance)`;
    }
  }
  return message && `${wrong} of ${want.data.length} elements differ; ${message}`;
}

function agree(output, got, want, rtol, atol, dtype) {
  if (!Number.isFinite(want)) return STATISTICS.test(output) ? !Number.isFinite(got) : Object.is(got, want);
  if (Math.abs(got - want) <= atol + rtol * Math.abs(want)) return true;
  return dtype !== "float64" && Math.abs(want) > FLOAT32_MAX && got === Math.sign(want) * Infinity;
}
