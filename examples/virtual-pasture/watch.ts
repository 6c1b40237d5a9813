import { existsSync } from "node:fs";
import type { GatewayStatus, PointView } from "@headgate/gateway";
import { receiveStatus } from "@headgate/sync/receiver";
import type { Scene, UpstreamRecord } from "./scene.ts";

const ANSWER_MS_MAX = 800;

const NOTHING: UpstreamRecord = {
  samples: 0,
  holes: 0,
  gaps: 0,
  duplicates: 0,
  conflicts: 0,
  lastMs: null,
};

/** Asks the gateway's page and the receiver's store how things stand. */
export function createWatch(pageUrl: string, storePath: string) {
  const ask = async <T>(path: string): Promise<T | null> => {
    try {
      const answer = await fetch(`${pageUrl}${path}`, {
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      return answer.ok ? ((await answer.json()) as T) : null;
    } catch {
      // Killed or starting: that is what the demo is about.
      return null;
    }
  };
  return async (): Promise<Pick<Scene, "atMs" | "status" | "points" | "record">> => {
    const status = await ask<GatewayStatus>("/api/status");
    const points = (await ask<PointView[]>("/api/points")) ?? [];
    return { atMs: Date.now(), status, points, record: recordOf(storePath) };
  };
}

function recordOf(storePath: string): UpstreamRecord {
  if (!existsSync(storePath)) return NOTHING;
  const { epochs } = receiveStatus(storePath);
  const sum = (count: (epoch: (typeof epochs)[number]) => number) =>
    epochs.reduce((total, epoch) => total + count(epoch), 0);
  const times = epochs.flatMap(({ lastSampleMs }) => lastSampleMs ?? []);
  return {
    samples: sum(({ sampleCount }) => sampleCount),
    holes: sum(({ holes }) => blocksIn(holes)),
    gaps: sum(({ gaps }) => blocksIn(gaps)),
    duplicates: sum(({ duplicateCount }) => duplicateCount),
    conflicts: sum(({ conflictCount }) => conflictCount),
    lastMs: times.length > 0 ? Math.max(...times) : null,
  };
}

/** How many blocks these ranges are. */
export const blocksIn = (ranges: readonly { readonly first: number; readonly last: number }[]) =>
  ranges.reduce((total, { first, last }) => total + last - first + 1, 0);
