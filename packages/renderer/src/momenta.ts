const MOMENTA = [0.001, 0.01, 0.03, 0.1, 0.3, 0.5] as const;

/** The momenta that can be chosen, ascending, one's own among them; the cumulative average (null) last. */
export function momentaWith(own: number | null): readonly (number | null)[] {
  const numbers =
    own === null || (MOMENTA as readonly number[]).includes(own) ? MOMENTA : [...MOMENTA, own].sort((a, b) => a - b);
  return [...numbers, null];
}

export const momentumText = (momentum: number | null): string => (momentum === null ? "cumulative average" : String(momentum));
