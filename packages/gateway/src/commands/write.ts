import { type Connection, type Context, Misconfigured, Refused, type Value } from "@headgate/model";
import { createConditioner, rawOf } from "../acquire/condition.ts";
import type { GatewayConfig, PointConfig } from "../config/config.ts";
import { toJson } from "../point-view.ts";
import { ExitCode } from "./exit-code.ts";
import { channelContext } from "./read.ts";
import { selectPoints } from "./select-points.ts";
import { inEngineeringUnits } from "./write-fault.ts";

export interface WriteResult {
  readonly point: string;
  readonly wrote: boolean | number | string | null;
  readonly readBack: boolean | number | string | null;
  /** "verified" if the value read back is the one written, else "mismatch". */
  readonly outcome: "verified" | "mismatch";
  readonly exitCode: number;
}

/** `headgate write`: one value in engineering units, read back. Rejects with a fault. */
export async function writeOnce(
  config: GatewayConfig,
  { pointId, text }: { pointId: string; text: string },
  context: Context,
): Promise<WriteResult> {
  const [selection] = selectPoints(config, [pointId]);
  const [target, ...others] = selection?.points ?? [];
  if (!selection || !target || others.length > 0) {
    throw new Misconfigured(`write "${pointId}": name one point, as device/point`);
  }
  requireAccess(target);
  const { channel } = selection;
  const scoped = channelContext(selection, context);
  const connection = await channel.driver.open(channel.settings, scoped);
  try {
    if (!connection.write) throw new Refused(`write "${pointId}": this driver cannot write`);
    // Only the device knows that "007" is a text and no number.
    const before = await readValue(connection, target, context);
    const value = typeof before === "string" ? text : parseValue(text);
    requireLimits(target, value);
    const raw = rawOf(value, target.condition);
    await connection.write(target.point, raw, context.signal).catch((fault: unknown) => {
      throw inEngineeringUnits(fault, { point: target, value, raw });
    });
    const after = await readValue(connection, target, context);
    const isSame = isSameValue(after, value);
    return {
      point: pointId,
      wrote: toJson(value),
      readBack: toJson(after),
      outcome: isSame ? "verified" : "mismatch",
      exitCode: isSame ? ExitCode.ok : ExitCode.no,
    };
  } finally {
    await connection.close();
  }
}

async function readValue(
  connection: Connection,
  { point, condition }: PointConfig,
  { signal }: Context,
): Promise<Value | null> {
  const [sample] = await connection.read([point], signal);
  return sample ? createConditioner(condition).scale(sample).value : null;
}

function requireAccess({ access, point }: PointConfig): void {
  if (access === "readWrite") return;
  const advice = 'set "access: readWrite" in the config';
  throw new Misconfigured(`write "${point.id}": the point is read-only; ${advice}`);
}

function requireLimits({ point, condition }: PointConfig, value: Value): void {
  const what = `write "${point.id}"`;
  if (typeof value !== "number" && typeof value !== "bigint") return;
  const { min, max } = condition;
  if ((min !== null && value < min) || (max !== null && value > max)) {
    throw new Refused(`${what}: ${value} is outside ${min ?? "-∞"} to ${max ?? "∞"}`);
  }
}

/** What a person typed: true, false, a number, a whole number beyond 2^53, or text. */
export function parseValue(text: string): Value {
  if (text === "true" || text === "false") return text === "true";
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function isSameValue(after: Value | null, wanted: Value): boolean {
  if (after === null) return false;
  if (typeof after === "boolean" || typeof wanted === "boolean") {
    return Number(after) === Number(wanted);
  }
  if (typeof after === "string" || typeof wanted === "string") {
    return String(after) === String(wanted);
  }
  if (typeof after === "bigint" || typeof wanted === "bigint") {
    return String(after) === String(wanted);
  }
  // A float32 register holds about seven digits of what was asked.
  return Math.abs(after - wanted) <= Math.abs(wanted) * 1e-6 + 1e-9;
}
