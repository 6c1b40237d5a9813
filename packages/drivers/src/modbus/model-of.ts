import { createHash } from "node:crypto";
import type { ModbusPoint } from "./read-plan.ts";

const LENGTH = 16;

/** Names what is wanted of a unit: of meters of one model it is the same, whatever their ids. */
export function modelOf(points: readonly ModbusPoint[]): string {
  const places = points.map(({ address: { table, from, count, sunspec } }) => {
    return sunspec === undefined ? `${table}:${from}+${count}` : JSON.stringify(sunspec);
  });
  const text = [...new Set(places)].sort().join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, LENGTH);
}
