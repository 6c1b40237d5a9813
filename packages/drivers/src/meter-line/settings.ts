import { z } from "zod";
import { duration } from "../duration.ts";

/** How long silence is kept before a request, so that every meter has let go of the line. */
const turnaround = duration.default(50);

/** A serial line with meters: as they leave the factory, 2400 baud with even parity. */
export const serialSchema = z.strictObject({
  path: z.string().min(1),
  baudRate: z.int().min(110).max(4_000_000).default(2400),
  parity: z.enum(["none", "even", "odd"]).default("even"),
  dataBits: z.literal([7, 8]).default(8),
  stopBits: z.literal([1, 2]).default(1),
  /** How long a meter may take to begin its answer. */
  timeout: duration.default(1000),
  turnaround,
});

/** The same behind a serial server. */
export const socketSchema = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  connectTimeout: duration.default(3000),
  /** The serial server's own line takes its time too. */
  timeout: duration.default(2000),
  turnaround,
  /** Requests in a row without any answer, from no meter, after which the line counts as lost. */
  timeoutsMax: z.int().min(1).default(4),
});

export type SerialConfig = z.output<typeof serialSchema>;
export type SocketConfig = z.output<typeof socketSchema>;

/** A meter's number as it is printed: shorter ones have zeros before them, `any` is alone. */
export function meterNumber(digitCount: number) {
  const wildcard = "A".repeat(digitCount);
  return z.union([z.string(), z.int().nonnegative()]).transform((written, context): string => {
    const text = String(written).trim();
    if (text === "any") return wildcard;
    if (/^\d+$/.test(text) && text.length <= digitCount) return text.padStart(digitCount, "0");
    const message =
      `${JSON.stringify(written)} is no meter number; write its digits, at most ${digitCount}, ` +
      "in quotes, or any if it is alone on the line";
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** An id of so many hex digits; null if it is none. */
export function itemId(written: string, digitCount: number): string | null {
  const id = written.trim().toUpperCase();
  return id.length === digitCount && /^[0-9A-F]+$/.test(id) ? id : null;
}
