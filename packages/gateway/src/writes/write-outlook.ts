import type { Clock, Value } from "@headgate/model";
import { toJson } from "../to-json.ts";
import type { WriteMemory } from "./write-memory.ts";
import type { WriteOutlook, WriteReport } from "./write-record.ts";
import { pauseLeftMs, type WritablePoint } from "./write-rules.ts";

/** Of one point, shown to whoever wants to write it. */
const LAST_SHOWN = 20;

interface UnderWay {
  readonly pointId: string;
  readonly value: Value;
  readonly by: string;
  readonly id?: string | undefined;
}

interface Known {
  readonly memory: WriteMemory;
  /** One that waits for its turn is in no journal yet. */
  readonly requests: readonly UnderWay[];
  readonly clock: Clock;
}

/** What a write of a point has to keep to, and what became of the last ones. */
export function outlookOf(point: WritablePoint, { memory, requests, clock }: Known): WriteOutlook {
  const { id } = point.point;
  const waiting = requests.flatMap((request): WriteReport[] => {
    const isNew = request.id !== undefined && memory.get(request.id) === undefined;
    if (request.pointId !== id || request.id === undefined || !isNew) return [];
    const value = toJson(request.value);
    const nothing = { state: "queued", readBack: null, reason: null } as const;
    return [{ id: request.id, point: id, value, ...nothing, by: request.by, atMs: clock.nowMs() }];
  });
  return {
    ...point.writing,
    point: id,
    waitMs: pauseLeftMs(point, memory.sinceSentMs(id, clock)),
    writes: [...waiting, ...memory.lastOf(id, LAST_SHOWN)],
  };
}
