/** How often and how patiently a place is asked again. */
export interface RetryPolicy {
  /** Failures in a row, with less than `progressBytes` between them, that are the end. */
  readonly attempts: number;
  /** Wait after the first failure; doubled after each further one. */
  readonly firstDelayMs: number;
  /** Longest wait, also of what a server asks for. */
  readonly longestDelayMs: number;
  /** Silence after which a connection counts as broken. */
  readonly idleMs: number;
  /** So many bytes make earlier failures forgotten. */
  readonly progressBytes: number;
}

export const RETRY_POLICY: RetryPolicy = {
  attempts: 6,
  firstDelayMs: 250,
  longestDelayMs: 15_000,
  idleMs: 30_000,
  progressBytes: 1 << 18,
};

/** How long to wait after failure number `failures` (1 is the first), with half of it left to chance, so that many readers do not return together. */
export function delayMs(policy: RetryPolicy, failures: number, retryAfterMs: number, chance: number = Math.random()): number {
  const backoff = policy.firstDelayMs * 2 ** (failures - 1) * (0.5 + chance / 2);
  return Math.min(policy.longestDelayMs, Math.max(backoff, retryAfterMs));
}
