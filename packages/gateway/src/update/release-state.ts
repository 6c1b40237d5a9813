/** What the gateway was before an update: its next version has to reach it. */
export interface Goal {
  readonly channels: readonly string[];
  readonly uplinks: readonly string[];
  readonly goodPoints: number;
}

/** A version that has not confirmed itself yet. */
export interface Trial {
  /** Written before each start: what dies at once has been counted. */
  readonly startCount: number;
  /** Of the machine at its first start; null where the machine tells none. */
  readonly bootId: string | null;
  /** Null where nothing ran before. */
  readonly goal: Goal | null;
}

/** How the last update, or going back, ended. */
export interface Outcome {
  readonly kind: "confirmed" | "went-back" | "taken-back";
  readonly version: string;
  /** Why it went back, or who took it back. */
  readonly why: string;
  readonly atMs: number;
}

/** Which version runs, and which one would: one file, replaced whole. */
export interface ReleaseState {
  readonly format: 1;
  readonly current: string;
  /** Kept to go back to. */
  readonly previous: string | null;
  readonly trial: Trial | null;
  readonly last: Outcome | null;
}

/** A trial that needs more than this many starts has failed. */
export const STARTS_MAX = 3;

/** The first version has none to go back to: it is on no trial. */
export function installed(
  state: ReleaseState | null,
  version: string,
  goal: Goal | null,
): ReleaseState {
  if (state === null) {
    return { format: 1, current: version, previous: null, trial: null, last: null };
  }
  const trial = { startCount: 0, bootId: null, goal };
  return { ...state, current: version, previous: state.current, trial };
}

/** The state with which the next process may begin: counted, or gone back. */
export function atStart(
  state: ReleaseState,
  { bootId, nowMs }: { bootId: string | null; nowMs: number },
): ReleaseState {
  const { trial, current } = state;
  if (trial === null) return state;
  const { startCount } = trial;
  if (startCount > 0 && trial.bootId !== bootId) {
    return wentBack(state, "the machine was cut off or started anew within its trial", nowMs);
  }
  if (startCount >= STARTS_MAX) {
    return wentBack(state, `version ${current} ended ${startCount} times within its trial`, nowMs);
  }
  return { ...state, trial: { ...trial, startCount: startCount + 1, bootId } };
}

/** Somebody stopped it: that is no fault of the version. */
export function stoppedByHand(state: ReleaseState): ReleaseState {
  const { trial } = state;
  if (trial === null) return state;
  return { ...state, trial: { ...trial, startCount: Math.max(0, trial.startCount - 1) } };
}

export function confirmed(state: ReleaseState, nowMs: number): ReleaseState {
  const last = { kind: "confirmed", version: state.current, why: "", atMs: nowMs } as const;
  return { ...state, trial: null, last };
}

/** By itself. */
export function wentBack(state: ReleaseState, why: string, nowMs: number): ReleaseState {
  return backFrom(state, { kind: "went-back", version: state.current, why, atMs: nowMs });
}

/** By somebody. */
export function takenBack(state: ReleaseState, who: string, nowMs: number): ReleaseState {
  return backFrom(state, { kind: "taken-back", version: state.current, why: who, atMs: nowMs });
}

/** The version that is left is not kept: nobody should get back to it unseen. */
function backFrom(state: ReleaseState, last: Outcome): ReleaseState {
  const { previous } = state;
  if (previous === null) return { ...state, trial: null };
  return { ...state, current: previous, previous: null, trial: null, last };
}

/** What the file says; null where it is not one of ours. */
export function parseState(text: string): ReleaseState | null {
  try {
    const state = JSON.parse(text) as ReleaseState;
    const isVersion = (value: unknown) => /^\d+\.\d+\.\d+$/.test(`${value}`);
    const isRight =
      state.format === 1 &&
      isVersion(state.current) &&
      (state.previous === null || isVersion(state.previous));
    return isRight ? state : null;
  } catch {
    return null; // No JSON: it was never written by us, since it is replaced whole.
  }
}
