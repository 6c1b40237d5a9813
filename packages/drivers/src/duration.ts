import { z } from "zod";

const unitMs = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 } as const;
const pattern = /^(\d+(?:\.\d+)?) ?(ms|s|min|h)$/;

const advice = 'write a duration such as "500 ms" or "5 s"';

function toMs(text: string): number {
  const [, amount, unit] = pattern.exec(text) ?? [];
  return Math.round(Number(amount) * unitMs[unit as keyof typeof unitMs]);
}

/** A time such as "500 ms" or "5 s", or a number of milliseconds; comes out in milliseconds. */
export const duration = z
  .union(
    [
      z.number().refine((ms) => ms > 0, advice),
      z
        .string()
        .regex(pattern)
        .transform(toMs)
        .refine((ms) => ms > 0, advice),
    ],
    { error: advice },
  )
  .describe("milliseconds, or a duration such as 500 ms, 5 s, 1 min");
