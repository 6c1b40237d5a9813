import { z } from "zod";
import { duration } from "../duration.ts";
import { meterNumber } from "../meter-line/settings.ts";
import { ENERGY_UNITS } from "./units.ts";

const METER_DIGITS = 14;

const KINDS: Readonly<Record<string, number>> = {
  "cold-water": 0x10,
  "hot-water": 0x11,
  "drinking-water": 0x12,
  "reclaimed-water": 0x13,
  heat: 0x20,
  cooling: 0x21,
  "heat-and-cooling": 0x22,
  gas: 0x30,
};

const kind = z.string().transform((written, context): number => {
  const code = Object.hasOwn(KINDS, written) ? KINDS[written] : undefined;
  if (code !== undefined) return code;
  if (/^[1-4][0-9A-Fa-f]$/.test(written)) return Number.parseInt(written, 16);
  const known = Object.keys(KINDS).join(", ");
  const hint = `write its code in quotes, or one of ${known}`;
  const message = `${JSON.stringify(written)} is no kind of meter; ${hint}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** A kind's code as the configuration writes it. */
export function kindText(code: number): string {
  const named = Object.entries(KINDS).find(([, one]) => one === code);
  return named?.[0] ?? code.toString(16).padStart(2, "0").toUpperCase();
}

/** A meter on a CJ/T 188 line. */
export const deviceSchema = z.strictObject({
  meter: meterNumber(METER_DIGITS),
  kind,
  /** Some makers send the item's bytes, or the unit before its number, the other way round. */
  swappedItem: z.boolean().default(false),
  unitFirst: z.boolean().default(false),
  /** In which heat is given, whatever the meter counts in. */
  energyUnit: z.enum(ENERGY_UNITS).default("kWh"),
  timeout: duration.optional(),
});

export type Device = z.output<typeof deviceSchema>;
