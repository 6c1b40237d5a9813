import {
  type Connection,
  type Context,
  describeError,
  Misconfigured,
  Refused,
  Unreachable,
  type Value,
} from "@headgate/model";
import { toJson } from "../to-json.ts";
import { readValue } from "./read-value.ts";
import type { WriteReport } from "./write-record.ts";
import { isSameValue, type WritablePoint } from "./write-rules.ts";

/** Between two looks at the device. */
const READ_BACK_EVERY_MS = 100;

/** A write that was sent, or may have been. */
export interface Sent {
  readonly point: WritablePoint;
  readonly value: Value;
  readonly report: WriteReport;
  /** The device said that it has it. */
  readonly isAnswered: boolean;
}

/** Looks until the device shows the value, or the time for that is over; what came of it. */
export async function lookBack(
  connection: Connection,
  { point, value, report }: Sent,
  { clock, signal }: Pick<Context, "clock" | "signal">,
): Promise<Partial<WriteReport>> {
  const { verifyMs, tolerance } = point.writing;
  const untilMs = clock.monotonicMs() + verifyMs;
  for (;;) {
    let seen: Value | null;
    try {
      seen = await readValue(connection, point, signal);
    } catch (fault) {
      if (!isFault(fault)) throw fault;
      return { state: "unknown", reason: report.reason ?? describeError(fault) };
    }
    if (seen !== null && isSameValue(seen, value, tolerance)) {
      return { state: "verified", readBack: toJson(seen) };
    }
    if (signal.aborted || clock.monotonicMs() >= untilMs) {
      if (seen === null) {
        return { state: "unknown", reason: report.reason ?? "it cannot be read back" };
      }
      return { state: "mismatch", readBack: toJson(seen) };
    }
    await clock.sleep(READ_BACK_EVERY_MS, signal);
  }
}

/** Whatever a device says when it is looked at: what was sent to it is not refused by that. */
function isFault(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof Refused || error instanceof Misconfigured;
}
