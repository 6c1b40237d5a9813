import type { PointHistoryView } from "@headgate/gateway/api-types";
import { AskError, ask } from "../api/ask.ts";
import type { TrendSpan } from "./trend-span.ts";

/** What was asked last, and what came of it. */
export interface Histories {
  readonly byId: ReadonlyMap<string, PointHistoryView>;
  readonly error: AskError | null;
}

interface Wanted {
  readonly ids: readonly string[];
  readonly span: TrendSpan;
  /** Of samples or stretches of each: what a screen can show. */
  readonly count: number;
}

/** A finger that moves asks for nothing until it rests. */
const REST_MS = 200;

/** The histories of what `wantedOf` says, which may read state; those of before stay meanwhile. */
export function createHistories(wantedOf: () => Wanted): Histories {
  let byId = $state.raw<ReadonlyMap<string, PointHistoryView>>(new Map());
  let error = $state.raw<AskError | null>(null);

  $effect(() => {
    const { ids, span, count } = wantedOf();
    const ending = new AbortController();
    const run = async () => {
      try {
        const { signal } = ending;
        const all = await Promise.all(ids.map((id) => askHistory(id, { span, count, signal })));
        if (signal.aborted) return;
        byId = new Map(all.map((history) => [history.point, history]));
        error = null;
      } catch (thrown) {
        if (ending.signal.aborted) return;
        error = thrown instanceof AskError ? thrown : new AskError(String(thrown), null);
      }
    };
    const timer = setTimeout(run, byId.size === 0 ? 0 : REST_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  });
  return {
    get byId() {
      return byId;
    },
    get error() {
      return error;
    },
  };
}

interface Asked {
  readonly span: TrendSpan;
  readonly count: number;
  readonly signal: AbortSignal;
}

function askHistory(id: string, { span, count, signal }: Asked): Promise<PointHistoryView> {
  const from = Math.round(span.fromMs);
  const to = Math.round(span.toMs);
  const path = `${historyPath(id)}?from=${from}&to=${to}&count=${count}`;
  return ask<PointHistoryView>(path, { signal });
}

/** Of the API; a point's id has its device before the first stroke. */
export function historyPath(id: string): string {
  const at = id.indexOf("/");
  const part = (text: string) => encodeURIComponent(text);
  return `api/points/${part(id.slice(0, at))}/${part(id.slice(at + 1))}/history`;
}

/** Everything of the span that is told, for a spreadsheet. */
export function csvPath({ point, fromMs, toMs, widthMs }: PointHistoryView): string {
  const width = widthMs ?? 0;
  const resolution = width >= 900_000 ? "quarter" : width >= 60_000 ? "minute" : "raw";
  const span = `from=${Math.round(fromMs)}&to=${Math.round(toMs)}`;
  return `${historyPath(point)}.csv?${span}&resolution=${resolution}`;
}
