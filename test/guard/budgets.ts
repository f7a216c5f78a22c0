import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect } from "vitest";
import type { Counts } from "./counted-module.js";

const FILE = new URL("budgets.json", import.meta.url);

/** Counts repeat to the last one: what they may move by is what a change may move them by without a word. */
const TOLERANCE = 0.03;
/** Budgets are rounded to so many parts of an operation or byte. */
const PARTS = 1000;

const isRenewal = process.env.UPDATE_BUDGETS === "1";
const isWithin = (found: number, budget: number): boolean => Math.abs(found - budget) <= TOLERANCE * budget + 1 / PARTS;

/** The budgets of budgets.json, operations and bytes a value, by case. UPDATE_BUDGETS=1 takes what is found as the new ones. */
export function readBudgets(names: readonly string[]) {
  const budgets: Record<string, Counts> = JSON.parse(readFileSync(FILE, "utf8"));
  const renewed: Record<string, Counts> = { ...budgets };
  afterAll(() => {
    if (!isRenewal) return;
    const kept = names.flatMap((name) => (renewed[name] ? [[name, renewed[name]]] : []));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
  });
  return {
    isRenewal,
    names: Object.keys(budgets),
    /** Fails where a case does more than its budget, and where it does so much less that the budget is out of date. */
    hold(name: string, { operations, read, written }: Counts, values: number): void {
      const perValue = (count: number) => Math.round((count / values) * PARTS) / PARTS;
      const found: Counts = { operations: perValue(operations), read: perValue(read), written: perValue(written) };
      renewed[name] = found;
      if (isRenewal) return;
      const budget = budgets[name];
      const missed = budget && (["operations", "read", "written"] as const).filter((key) => !isWithin(found[key], budget[key]));
      expect(missed?.length === 0 ? budget : found, RENEWAL).toEqual(budget);
    },
  };
}

const RENEWAL = "a value, and its budget; where the change is meant: UPDATE_BUDGETS=1 npx vitest run test/guard";
