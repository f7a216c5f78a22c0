export { type Advice, type AdviceOptions, adviceOf, checkAdvice } from "./advice.js";
export type { GapCurve, NoiseCurve } from "./curves.js";
