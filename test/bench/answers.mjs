// What the programs computed, held against each other.

/** Float64 sums in another order; NumPy's variance is E[x²] − E[x]², which loses some digits. */
const STATISTICS_TOLERANCE = 1e-9;
/** Float32 results; the peers' normalizing rounds once more than ours. */
const VALUE_TOLERANCE = 1e-5;

/** One line for each way in which statistics disagree with those of the first program. */
export function compareStatistics(answers) {
  const [[firstName, first], ...others] = [...answers].filter(([, answer]) => answer.mean);
  return others.flatMap(([name, answer]) =>
    ["mean", "variance", "min", "max"].flatMap((what) => {
      if (!answer[what] || !first[what]) return [];
      if (answer[what].length !== first[what].length) return [`${name}: ${answer[what].length} channels of ${what}`];
      const channel = answer[what].findIndex((value, c) => {
        const scale = what === "variance" ? first.variance[c] : Math.abs(first.mean[c]) + Math.sqrt(first.variance[c]);
        const tolerance = what === "min" || what === "max" ? 0 : STATISTICS_TOLERANCE * scale;
        return !(Math.abs(value - first[what][c]) <= tolerance);
      });
      return channel < 0
        ? []
        : [`${name}: ${what} of channel ${channel} is ${answer[what][channel]}, ${firstName} says ${first[what][channel]}`];
    }),
  );
}

/** One line for each program whose sample of values disagrees with the first one's. */
export function compareSamples(answers) {
  const [[firstName, first], ...others] = [...answers].filter(([, answer]) => answer.sample);
  return others.flatMap(([name, { sample }]) => compareValues(name, sample, firstName, first.sample));
}

export function compareValues(name, values, expectedName, expected) {
  const at = expected.findIndex((y, i) => !(Math.abs(values[i] - y) <= VALUE_TOLERANCE * Math.max(1, Math.abs(y))));
  return at < 0 ? [] : [`${name}: value ${at} of the sample is ${values[at]}, ${expectedName} says ${expected[at]}`];
}
