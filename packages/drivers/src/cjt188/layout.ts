import { type Format, formatOf } from "../meter-line/format.ts";
import type { Quantity } from "./units.ts";

/** One value in the data of an item. */
export interface Field {
  readonly at: number;
  readonly format: Format;
  /** With a unit byte behind (or before) its number; null without one. */
  readonly quantity: Quantity | null;
  /** Of a value without a unit byte. */
  readonly unit: string;
  /** Some of the bits of a status word, as what they mean. */
  readonly meaning: "valve" | "battery" | null;
  readonly en: string;
  readonly zh: string;
}

/** The data of item 901F of one family of meters. */
export interface Layout {
  readonly byteCount: number;
  readonly fields: Readonly<Record<string, Field>>;
}

// Table 901F of the standard as makers' documents have it, from second hand. Makers differ:
// compare with the meter's display.

type Row = readonly [name: string, format: string, of: Quantity | string, en: string, zh: string];

const QUANTITIES: readonly string[] = ["energy", "power", "volume", "flow"];

const STATUS: readonly Row[] = [
  ["time", "YYYYMMDDhhmmss", "", "Time of the meter", "实时时间"],
  ["status", "bits16", "", "Status word", "状态"],
];

/** Water and gas. */
export const VOLUME_LAYOUT = layoutOf([
  ["volume.total", "XXXXXX.XX", "volume", "Volume", "当前累计流量"],
  ["volume.settlement", "XXXXXX.XX", "volume", "Volume at the settlement day", "结算日累计流量"],
  ...STATUS,
]);

/** Heat and cooling. */
export const HEAT_LAYOUT = layoutOf([
  ["energy.heat.settlement", "XXXXXX.XX", "energy", "Heat at the settlement day", "结算日热量"],
  ["energy.heat", "XXXXXX.XX", "energy", "Heat", "当前热量"],
  ["power.heat", "XXXXXX.XX", "power", "Heat power", "热功率"],
  ["flow.volume", "XXXX.XXXX", "flow", "Volume flow", "流量"],
  ["volume.total", "XXXXXX.XX", "volume", "Volume", "累积流量"],
  ["temperature.supply", "XXXX.XX", "°C", "Supply temperature", "供水温度"],
  ["temperature.return", "XXXX.XX", "°C", "Return temperature", "回水温度"],
  ["time.operation", "XXXXXX", "h", "Time in operation", "累积工作时间"],
  ...STATUS,
]);

/** Names of both. */
export const FIELD_NAMES: readonly string[] = [
  ...new Set([...Object.keys(VOLUME_LAYOUT.fields), ...Object.keys(HEAT_LAYOUT.fields)]),
];

const HEAT_KINDS = { from: 0x20, to: 0x2f };

/** How a kind of meter lays out its item 901F. */
export function layoutFor(kind: number): Layout {
  return kind >= HEAT_KINDS.from && kind <= HEAT_KINDS.to ? HEAT_LAYOUT : VOLUME_LAYOUT;
}

function layoutOf(rows: readonly Row[]): Layout {
  const fields: Record<string, Field> = {};
  let at = 0;
  for (const [name, text, of, en, zh] of rows) {
    const format = formatOf(text);
    const quantity = QUANTITIES.includes(of) ? (of as Quantity) : null;
    const unit = quantity === null ? of : "";
    fields[name] = { at, format, quantity, unit, meaning: null, en, zh };
    at += format.byteCount + (quantity === null ? 0 : 1);
  }
  const status = fields.status as Field;
  fields.valve = { ...status, meaning: "valve", en: "Valve", zh: "阀门状态" };
  fields["battery.low"] = { ...status, meaning: "battery", en: "Battery is low", zh: "电池欠压" };
  return { byteCount: at, fields };
}
