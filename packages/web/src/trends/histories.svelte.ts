import type { PointHistoryView } from "@headgate/gateway/api-types";
import { untrack } from "svelte";
import { AskError, ask } from "../api/ask.ts";
import type { TrendSpan } from "./trend-span.ts";

/** What was asked last, and what came of it. */
export interface Histories {
  readonly byId: ReadonlyMap<string, PointHistoryView>;
  /** Of those that could not be told, by their ids. */
  readonly errors: ReadonlyMap<string, AskError>;
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
  let errors = $state.raw<ReadonlyMap<string, AskError>>(new Map());

  $effect(() => {
    const { ids, span, count } = wantedOf();
    const ending = new AbortController();
    const run = async () => {
      const { signal } = ending;
      const asked = ids.map((id) => askHistory(id, { span, count, signal }));
      const told = await Promise.allSettled(asked);
      if (signal.aborted) return;
      const [next, failed] = [new Map<string, PointHistoryView>(), new Map<string, AskError>()];
      for (const [at, id] of ids.entries()) {
        const answer = told[at];
        if (answer?.status === "fulfilled") next.set(id, answer.value);
        else if (answer) failed.set(id, askError(answer.reason));
        // What was told before stays while nobody answers.
        const before = byId.get(id);
        if (failed.has(id) && before) next.set(id, before);
      }
      byId = next;
      errors = failed;
    };
    // What comes of it must not ask again.
    const timer = setTimeout(run, untrack(() => byId.size) === 0 ? 0 : REST_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  });
  return {
    get byId() {
      return byId;
    },
    get errors() {
      return errors;
    },
  };
}

const askError = (thrown: unknown) =>
  thrown instanceof AskError ? thrown : new AskError(String(thrown), null);

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

/** Just what is shown, for a spreadsheet. */
export function csvPath({ point, fromMs, toMs }: PointHistoryView, count: number): string {
  const span = `from=${Math.round(fromMs)}&to=${Math.round(toMs)}`;
  return `${historyPath(point)}.csv?${span}&resolution=auto&count=${count}`;
}
