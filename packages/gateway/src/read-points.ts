import {
  type Connection,
  type Context,
  describeError,
  missing,
  type Sample,
  type Samples,
} from "@headgate/model";
import { createConditioner } from "./acquire/condition.ts";
import { ExitCode, exitCodeOf } from "./commands/exit-code.ts";
import type { Selection } from "./commands/select-points.ts";
import type { PointConfig } from "./config/config.ts";
import { viewPoint } from "./point-view.ts";
import type { PointView, ReadResult } from "./status.ts";

/** What points of one channel were, read once. */
export interface Reading {
  readonly views: readonly PointView[];
  /** What a command should end with if the channel could not be read, else 0. */
  readonly faultCode: number;
}

type Use = (read: (connection: Connection) => Promise<Samples>) => Promise<Samples>;

/** Reads points over a connection that `use` lends; a channel that is down makes them bad. */
export async function readSelection(
  { points }: Selection,
  { clock, signal }: Pick<Context, "clock" | "signal">,
  use: Use,
): Promise<Reading> {
  const wanted = points.map(({ point }) => point);
  try {
    const samples = await use((connection) => connection.read(wanted, signal));
    return { views: points.map((config, index) => view(config, samples.at(index))), faultCode: 0 };
  } catch (error) {
    const faultCode = exitCodeOf(error);
    if (faultCode === null) throw error;
    const reason = describeError(error);
    const nowMs = clock.nowMs();
    const bad = points.map((config) => view(config, missing(config.point.id, nowMs, reason)));
    return { views: bad, faultCode };
  }
}

function view(config: PointConfig, sample: Sample | undefined): PointView {
  const { scale } = createConditioner(config.condition);
  return viewPoint(config, sample && scale(sample));
}

/** All readings, and how a command that shows them ends. */
export function resultOf(readings: readonly Reading[]): ReadResult {
  const views = readings.flatMap((reading) => reading.views);
  const worst = Math.max(0, ...readings.map(({ faultCode }) => faultCode));
  if (worst > 0) return { views, exitCode: worst };
  const isAllThere = views.every(({ quality }) => quality !== "bad");
  return { views, exitCode: isAllThere ? ExitCode.ok : ExitCode.no };
}
