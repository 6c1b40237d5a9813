import type { WriteOutlook, WriteReport } from "@headgate/gateway/api-types";
import { type AskError, ask } from "../api/ask.ts";
import { askErrorOf, send } from "../api/deed.svelte.ts";
import { createPoll, type Poll } from "../api/poll.svelte.ts";
import { forgetForNow, recallForNow, rememberForNow } from "../memory.ts";
import { session } from "../session.svelte.ts";
import { isSettled } from "./write-rungs.ts";

const LOOK_MS = 2_000;
/** While a write is under way. */
const FOLLOW_MS = 300;
/** The last second of a selection is the network's. */
const SPARE_MS = 1_000;

type Value = boolean | number | string;

/** One write, with the id that makes it happen once, however often it is sent. */
interface Wanted {
  readonly id: string;
  readonly value: Value;
  readonly selection?: string | undefined;
}

interface Selected {
  readonly selection: string;
  readonly validForMs: number;
}

/** No secure context is needed for it: a page over plain HTTP has no `randomUUID`. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function recalled(key: string): Wanted | null {
  try {
    return JSON.parse(recallForNow(key) ?? "null") as Wanted | null;
  } catch {
    return null; // Not ours.
  }
}

/**
 * A write of one point, step by step. What was sent is remembered by this tab until it is known
 * what became of it: it is looked for, and never sent anew by itself.
 */
export function createWriteRun(pointId: string, mayWrite: () => boolean) {
  const key = `write.${pointId}`;
  let wanted = $state.raw(recalled(key));
  let step = $state<"edit" | "confirm" | "under">(wanted ? "under" : "edit");
  let isBusy = $state(false);
  let posted = $state.raw<WriteReport | null>(null);
  /** The answer did not come; by this browser's clock. */
  let lostMs = $state<number | null>(wanted ? Date.now() : null);
  let untilMs = $state<number | null>(null);
  let error = $state.raw<AskError | null>(null);
  let isOver = $state(false);

  const path = `api/writing?point=${encodeURIComponent(pointId)}`;
  const poll: Poll<WriteOutlook> = createPoll<WriteOutlook>(() => (mayWrite() ? path : null), {
    everyMs: () => (step === "under" && !isDone() ? FOLLOW_MS : LOOK_MS),
  });
  const found = $derived(poll.data?.writes.find(({ id }) => id === wanted?.id) ?? null);
  const report = $derived(posted ?? found);
  const isDone = (): boolean => report !== null && isSettled(report);
  const isAbsent = $derived(
    lostMs !== null && report === null && !isBusy && (poll.answeredMs ?? 0) > lostMs,
  );

  $effect(() => {
    if (step === "under" && isDone()) forgetForNow(key);
  });

  function leave() {
    forgetForNow(key);
    [wanted, posted, lostMs, untilMs] = [null, null, null, null];
    step = "edit";
    poll.again();
  }

  async function prepare(value: Value) {
    isBusy = true;
    isOver = false;
    error = null;
    try {
      const isSelected = poll.data?.selectMs !== null;
      const given = { point: pointId, value };
      const held = isSelected ? await send<Selected>("api/selections", given) : null;
      wanted = { id: newId(), value, selection: held?.selection };
      untilMs = held && Date.now() + held.validForMs - SPARE_MS;
      step = "confirm";
    } catch (thrown) {
      error = askErrorOf(thrown);
    } finally {
      isBusy = false;
    }
  }

  async function operate() {
    if (wanted === null || isBusy) return;
    const body = { point: pointId, ...wanted };
    isBusy = true;
    error = null;
    lostMs = null;
    step = "under";
    rememberForNow(key, JSON.stringify(wanted));
    poll.again();
    try {
      posted = await ask<WriteReport>("api/writes", { method: "POST", body, csrf: session.csrf });
    } catch (thrown) {
      const fault = askErrorOf(thrown);
      const isRefused = fault.problem !== null && fault.problem.code !== "bug";
      if (isRefused) {
        leave();
        error = fault;
      } else lostMs = Date.now();
    } finally {
      isBusy = false;
    }
  }

  return {
    get step() {
      return step;
    },
    get outlook() {
      return poll.data;
    },
    /** Why nothing is known of the point's writes. */
    get lookError() {
      return poll.error;
    },
    get wanted() {
      return wanted;
    },
    get report() {
      return report;
    },
    get isBusy() {
      return isBusy;
    },
    get isDone() {
      return isDone();
    },
    get isLost() {
      return step === "under" && !isDone() && (lostMs !== null || poll.error !== null);
    },
    /** The gateway was heard of since, and does not know it. */
    get isAbsent() {
      return isAbsent;
    },
    /** Of a selection: by this browser's clock. */
    get untilMs() {
      return untilMs;
    },
    /** Nothing was sent for it. */
    get error() {
      return error;
    },
    get isOver() {
      return isOver;
    },
    prepare,
    operate,
    leave,
    /** The time of a selection is over. */
    lapse() {
      leave();
      isOver = true;
    },
  };
}
