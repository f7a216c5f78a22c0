export * from "./report.js";
import type { Report } from "./report.js";
export const decodeReport = (text: string): Report => JSON.parse(text);
