/** Programs of the benchmark: how a contender's name begins, and how each one is drawn: a mark, and its colour on light and on dark. */
export const PROGRAMS = [
  { name: "Normstream", begins: /^normstream\b/i, mark: "circle", light: "#0969da", dark: "#58a6ff" },
  { name: "C", begins: /^C,/, mark: "diamond", light: "#57606a", dark: "#b1bac4" },
  { name: "NumPy", begins: /^NumPy,/, mark: "square", light: "#bc4c00", dark: "#f0883e" },
  { name: "PyTorch", begins: /^PyTorch,/, mark: "triangle", light: "#8250df", dark: "#bc8cff" },
  { name: "scikit-learn", begins: /^scikit-learn,/, mark: "ring", light: "#9a6700", dark: "#d29922" },
  { name: "ONNX Runtime", begins: /^ONNX Runtime,/, mark: "cross", light: "#cf222e", dark: "#ff7b72" },
  { name: "TensorFlow.js", begins: /^TensorFlow\.js,/, mark: "plus", light: "#1a7f37", dark: "#56d364" },
  { name: "sharp", begins: /^sharp,/, mark: "ring square", light: "#1b7c83", dark: "#39c5cf" },
  { name: "hyparquet", begins: /^hyparquet,/, mark: "ring diamond", light: "#bf3989", dark: "#f778ba" },
];

/** The program of a contender; nothing for what is there for a feel. */
const programOf = (contender) => PROGRAMS.find(({ begins }) => begins.test(contender));

/** Each program in the fastest of its ways that do the same work as ours, beside which they stand; ours first. */
export function rivalsOf({ contenders }) {
  const own = contenders.find(({ name, beside }) => beside === name);
  if (!own) return [];
  const rivals = PROGRAMS.slice(1).flatMap((program) => {
    const ways = contenders.filter(
      ({ name, beside, sameWork }) => beside === own.name && sameWork && programOf(name) === program,
    );
    if (ways.length === 0) return [];
    return [{ program, ...ways.reduce((best, way) => (way.ms.median < best.ms.median ? way : best)) }];
  });
  return rivals.length === 0 ? [] : [{ program: PROGRAMS[0], ...own }, ...rivals];
}
