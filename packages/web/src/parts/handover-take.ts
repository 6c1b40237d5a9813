import type {
  ConfigVersion,
  DeviceView,
  GatewayStatus,
  Picture,
  PointHistoryView,
  PointView,
} from "@headgate/gateway/api-types";
import { ask } from "../api/ask.ts";
import { historyPath } from "../trends/histories.svelte.ts";
import { chartPoints } from "./chart-points.ts";

/** One moment for the whole report, as it will be on paper. */
export interface Taken {
  readonly atMs: number;
  readonly status: GatewayStatus;
  readonly devices: readonly DeviceView[];
  readonly points: readonly PointView[];
  readonly versions: readonly ConfigVersion[];
  readonly pictures: readonly Picture[];
  /** Of the last day, of the first points of each device that are numbers. */
  readonly histories: ReadonlyMap<string, PointHistoryView>;
}

const DAY_MS = 86_400_000;
/** Of samples or stretches in one chart: paper shows no more. */
const COUNT = 220;

/** Everything that the report shows; rejects with `AskError`. */
export async function takeReport(status: GatewayStatus, mayRead: boolean): Promise<Taken> {
  const [devices, points, pictures] = await Promise.all([
    ask<readonly DeviceView[]>("api/devices"),
    ask<readonly PointView[]>("api/points"),
    ask<readonly Picture[]>("api/pictures"),
  ]);
  const isKept = mayRead && status.config !== null;
  const versions = isKept ? await ask<readonly ConfigVersion[]>("api/config/versions") : [];
  const histories = await historiesOf(chartPoints(devices, points), status.atMs);
  return { atMs: status.atMs, status, devices, points, versions, pictures, histories };
}

async function historiesOf(ids: readonly string[], atMs: number) {
  const found = new Map<string, PointHistoryView>();
  const span = `from=${Math.round(atMs - DAY_MS)}&to=${Math.round(atMs)}&count=${COUNT}`;
  for (const id of ids) {
    try {
      found.set(id, await ask<PointHistoryView>(`${historyPath(id)}?${span}`));
    } catch {
      break; // Nothing is recorded here: the report says so where the chart would be.
    }
  }
  return found;
}
