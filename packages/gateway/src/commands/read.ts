import { join } from "node:path";
import { type Context, describeError, missing, type Sample } from "@headgate/model";
import { createConditioner } from "../acquire/condition.ts";
import type { GatewayConfig, PointConfig } from "../config/config.ts";
import { viewPoint } from "../point-view.ts";
import type { PointView } from "../status.ts";
import { ExitCode, exitCodeOf } from "./exit-code.ts";
import { type Selection, selectPoints } from "./select-points.ts";

interface Reading {
  readonly views: readonly PointView[];
  /** What the command should end with if the channel could not be read, else 0. */
  readonly faultCode: number;
}

/** `headgate read`: one scan of the points named, channels side by side. */
export async function readOnce(
  config: GatewayConfig,
  names: readonly string[],
  context: Context,
): Promise<{ views: readonly PointView[]; exitCode: number }> {
  const selections = selectPoints(config, names);
  const readings = await Promise.all(
    selections.map((one) => readChannel(one, channelContext(one, context))),
  );
  const views = readings.flatMap((reading) => reading.views);
  const worst = Math.max(...readings.map(({ faultCode }) => faultCode));
  if (worst > 0) return { views, exitCode: worst };
  const isAllThere = views.every(({ quality }) => quality !== "bad");
  return { views, exitCode: isAllThere ? ExitCode.ok : ExitCode.no };
}

/** With the folder that the running gateway lends the same channel. */
export function channelContext({ channel }: Selection, context: Context): Context {
  return { ...context, directory: join(context.directory, channel.id) };
}

async function readChannel({ channel, points }: Selection, context: Context): Promise<Reading> {
  try {
    const connection = await channel.driver.open(channel.settings, context);
    try {
      const samples = await connection.read(
        points.map(({ point }) => point),
        context.signal,
      );
      return {
        views: points.map((config, index) => view(config, samples[index])),
        faultCode: 0,
      };
    } finally {
      await connection.close();
    }
  } catch (error) {
    const faultCode = exitCodeOf(error);
    if (faultCode === null) throw error;
    const reason = describeError(error);
    const nowMs = context.clock.nowMs();
    const bad = points.map((config) => view(config, missing(config.point.id, nowMs, reason)));
    return { views: bad, faultCode };
  }
}

function view(config: PointConfig, sample: Sample | undefined): PointView {
  const { scale } = createConditioner(config.condition);
  return viewPoint(config, sample && scale(sample));
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
