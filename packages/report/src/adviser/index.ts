export { type Advice, type AdviceOptions, adviceOf } from "./advice.js";
export type { GapCurve, NoiseCurve } from "./curves.js";
