import type { WriteReport } from "@headgate/gateway/api-types";
import type { Rung, Verdict } from "../diagnosis/ladder.ts";
import type { Told } from "../diagnosis/told.ts";
import type { English } from "../text/en.ts";

type State = WriteReport["state"];
type Progress = Pick<WriteReport, "state" | "reason">;

/** Whether nothing more comes of it; what is not read back stays sent, with a reason. */
export function isSettled({ state, reason }: Progress): boolean {
  return state !== "queued" && (state !== "sent" || reason !== null);
}

const VERDICTS: Readonly<Record<State, readonly [Verdict, Verdict, Verdict]>> = {
  queued: ["ok", "later", "later"],
  sent: ["ok", "ok", "later"],
  verified: ["ok", "ok", "ok"],
  mismatch: ["ok", "ok", "failed"],
  unknown: ["ok", "ok", "warning"],
  refused: ["ok", "failed", "later"],
  cancelled: ["ok", "failed", "later"],
};

const TODOS: Readonly<Partial<Record<State, keyof English>>> = {
  mismatch: "writing.mismatch.todo",
  unknown: "writing.unknown.todo",
  refused: "writing.refused.todo",
  cancelled: "writing.cancelled.todo",
};

/** Queued, sent, read back: how far a write has come, and what to do where it came to grief. */
export function writeRungs(
  report: Progress | null,
  shown: { readonly wrote: string; readonly readBack: string },
): readonly Rung[] {
  const [queued, sent, readBack] = report
    ? VERDICTS[report.state]
    : (["later", "later", "later"] as const);
  const told = report ? endOf(report, shown) : {};
  const atSent = sent === "failed" ? told : {};
  return [
    { name: "writing.queued", verdict: queued },
    { name: "writing.sent", verdict: sent, ...atSent },
    { name: "writing.readBack", verdict: readBack, ...(sent === "failed" ? {} : told) },
  ];
}

function endOf(
  { state, reason }: Progress,
  shown: { wrote: string; readBack: string },
): Partial<Rung> {
  if (state === "sent" && reason !== null) {
    return { verdict: "unknown", evidence: { key: "writing.notReadBack" } };
  }
  const todo = TODOS[state];
  return {
    ...evidenceOf(state, shown),
    ...(todo !== undefined && { todo, ...(reason !== null && { reason }) }),
  };
}

function evidenceOf(
  state: State,
  values: { wrote: string; readBack: string },
): { evidence?: Told } {
  if (state === "verified") return { evidence: { key: "writing.shows", values } };
  return state === "mismatch" ? { evidence: { key: "writing.showsOther", values } } : {};
}
