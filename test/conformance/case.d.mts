import type { Pool } from "normstream";

/** One output of a case. */
export interface Outcome {
  readonly kind: string;
  readonly name: string;
  readonly state: "passed" | "failed";
  readonly message?: string;
}

/** What a case's outputs are and how they are stored: `case.json`, as cases/README.md describes it. */
export interface Case {
  readonly name: string;
  readonly expected: Readonly<Record<string, unknown>>;
}

export function runCase(
  folder: string,
  options?: { pool?: Pool; shardBytes?: number },
): Promise<{ name: string; outcomes: Outcome[] }>;
export function readCase(folder: string): Case;
