import { join } from "node:path";
import { type Context, silentLog } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import { type Reading, readSelection, resultOf } from "../read-points.ts";
import type { PointView, ReadResult } from "../status.ts";
import { hasVariants, withVariants } from "../variants/decide.ts";
import { VariantMemory } from "../variants/variant-memory.ts";
import { findRunning } from "./find-running.ts";
import { type Selection, selectPoints } from "./select-points.ts";

/**
 * `headgate read`: through the gateway that runs on this config if there is one, since a serial
 * line has one owner, and many devices take one client; else by opening the lines for the moment.
 */
export async function readDevices(
  config: GatewayConfig,
  names: readonly string[],
  context: Context,
): Promise<ReadResult> {
  selectPoints(config, names);
  const running = await findRunning(config, context);
  if (running === null) return await readOnce(await knownVariants(config), names, context);
  return await running.ask("/api/read", { names: names.join(",") }, context.signal);
}

/** With the variants that devices told the gateway when it ran. */
async function knownVariants(config: GatewayConfig): Promise<GatewayConfig> {
  if (!hasVariants(config)) return config;
  const memory = await VariantMemory.open(config.buffer.path, silentLog);
  return withVariants(config, (device) => memory.knownOf(device));
}

/** One scan of the points named, channels side by side. */
export async function readOnce(
  config: GatewayConfig,
  names: readonly string[],
  context: Context,
): Promise<ReadResult> {
  const readings = selectPoints(config, names).map((one) => {
    return readChannel(one, channelContext(one, context));
  });
  return resultOf(await Promise.all(readings));
}

/** With the folder that the running gateway lends the same channel. */
export function channelContext({ channel }: Selection, context: Context): Context {
  return { ...context, directory: join(context.directory, channel.id) };
}

function readChannel(selection: Selection, context: Context): Promise<Reading> {
  const { channel } = selection;
  return readSelection(selection, context, async (read) => {
    const connection = await channel.driver.open(channel.settings, context);
    try {
      return await read(connection);
    } finally {
      await connection.close();
    }
  });
}

/** A table for people: point, value with unit, quality, and why there is no value. */
export function formatReadings(views: readonly PointView[]): string {
  const rows = views.map(({ id, value, unit, quality, reason }) => [
    id,
    value === null ? "-" : `${value}${unit === "" ? "" : ` ${unit}`}`,
    quality,
    reason ?? "",
  ]);
  const table = [["POINT", "VALUE", "QUALITY", "REASON"], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return `${table.map(line).join("\n")}\n`;
}
