import { Misconfigured, type PointId, Refused } from "@headgate/model";
import type { History, HistoryStatus, PointHistory, Resolution } from "@headgate/sync/history";
import type { PointConfig } from "./config/config.ts";
import type { Pipeline } from "./pipeline.ts";

/** What of a point's history is wanted. */
export interface HistoryAsked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly resolution: Resolution;
  readonly countMax: number;
}

/** Recent values, for trends. */
export interface HistoryView {
  query(pointId: PointId, asked: HistoryAsked): Promise<PointHistory>;
  /** Null before anything was asked of its file; the fault is "" while all is well. */
  status(): { readonly file: HistoryStatus | null; readonly fault: string };
}

/** Scans that may fail to come before a point is taken for silent. */
const SCANS_MISSED_MAX = 3;
const SILENT_MS_MIN = 5_000;

/** The history of the points that are configured. */
export function viewHistory(
  points: () => readonly PointConfig[],
  { capacityBytesMax }: { readonly capacityBytesMax: number },
  historyOf: () => History | null,
): HistoryView {
  return {
    status: () => historyOf()?.status() ?? { file: null, fault: "" },
    async query(pointId, asked) {
      if (capacityBytesMax === 0) {
        throw new Misconfigured("no history is kept: history.capacity is 0 B");
      }
      const history = historyOf();
      if (!history) throw new Refused("no history is kept: the gateway does not run on a disk");
      const config = points().find(({ point }) => point.id === pointId);
      const silent = config ? silentMs(config) : null;
      return await history.query({ pointId, ...asked, silentMs: silent });
    },
  };
}

/** The same way of samples, and what goes it is recorded. */
export function recorded(pipeline: Pipeline, history: History | null): Pipeline {
  if (!history) return pipeline;
  return {
    ...pipeline,
    keep(samples) {
      history.keep(samples);
      pipeline.keep(samples);
    },
    keepHistory(samples) {
      history.keep(samples);
      return pipeline.keepHistory(samples);
    },
  };
}

/** How long a point may say nothing; null where it speaks when it has something to say. */
function silentMs({ acquisition, condition }: PointConfig): number | null {
  if (acquisition.kind !== "scan") return null;
  const { intervalMs } = acquisition;
  const scansMs = SCANS_MISSED_MAX * intervalMs;
  const { deadband, heartbeatMs } = condition;
  const quietMs = deadband === null ? 0 : heartbeatMs + scansMs;
  return Math.max(SILENT_MS_MIN, scansMs, quietMs);
}
