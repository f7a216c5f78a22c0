import type { Pool } from "normstream";

/** One output of a case. */
export interface Outcome {
  readonly kind: string;
  readonly name: string;
  readonly state: "passed" | "failed";
  readonly message?: string;
}

export function runCase(
  folder: string,
  options?: { pool?: Pool; shardBytes?: number },
): Promise<{ name: string; outcomes: Outcome[] }>;
