import { z } from "zod";
import { rate, size, timeOfDay } from "./quantity.ts";

const windowSchema = z.strictObject({
  from: timeOfDay.meta({ description: 'Time of day, like "22:00"' }),
  to: timeOfDay.meta({ description: 'Time of day, like "06:00"' }),
  rate: rate.optional(),
  /** False: only live goes out. */
  backlog: z.boolean().default(true),
});

/** What an uplink may send: at most so fast, so much a month, and when. */
export const budgetSchema = z.strictObject({
  rate: rate.optional(),
  monthly: size.optional(),
  /** Times of day with rules of their own, where the gateway is; the first that fits holds. */
  windows: z.array(windowSchema).max(24).default([]),
});

/** A budget, checked; rates in bytes a second. */
export type BudgetConfig = z.infer<typeof budgetSchema>;

/** What holds at one time of day. */
export interface Allowance {
  readonly bytesPerSecond: number;
  readonly isBacklogAllowed: boolean;
}

/** What the budget allows at this minute of the day. */
export function allowanceAt(budget: BudgetConfig, minute: number): Allowance {
  const found = budget.windows.find(({ from, to }) => isWithin(minute, from, to));
  return {
    bytesPerSecond: found?.rate ?? budget.rate ?? Number.POSITIVE_INFINITY,
    isBacklogAllowed: found?.backlog ?? true,
  };
}

/** A window may cross midnight; one that ends where it begins is the whole day. */
function isWithin(minute: number, from: number, to: number): boolean {
  if (from === to) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}
