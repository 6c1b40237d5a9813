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
export class WriteRun {
  readonly #pointId: string;
  readonly #key: string;
  readonly #poll: Poll<WriteOutlook>;
  #posted = $state.raw<WriteReport | null>(null);
  /** The answer did not come; by this browser's clock. */
  #lostMs = $state<number | null>(null);
  step = $state<"edit" | "confirm" | "under">("edit");
  wanted = $state.raw<Wanted | null>(null);
  isBusy = $state(false);
  /** Of a selection: by this browser's clock. */
  untilMs = $state<number | null>(null);
  /** The time of a selection is over. */
  isOver = $state(false);
  /** Nothing was sent for it. */
  error = $state.raw<AskError | null>(null);

  /** To be made where a component begins; `mayWrite` may read state. */
  constructor(pointId: string, mayWrite: () => boolean) {
    this.#pointId = pointId;
    this.#key = `write.${pointId}`;
    this.wanted = recalled(this.#key);
    if (this.wanted) {
      this.step = "under";
      this.#lostMs = Date.now();
    }
    const path = `api/writing?point=${encodeURIComponent(pointId)}`;
    this.#poll = createPoll<WriteOutlook>(() => (mayWrite() ? path : null), {
      everyMs: () => (this.step === "under" && !this.isDone ? FOLLOW_MS : LOOK_MS),
    });
    $effect(() => {
      if (this.step === "under" && this.isDone) forgetForNow(this.#key);
    });
  }

  get outlook(): WriteOutlook | null {
    return this.#poll.data;
  }

  /** Why nothing is known of the point's writes. */
  get lookError(): AskError | null {
    return this.#poll.error;
  }

  get report(): WriteReport | null {
    const found = this.outlook?.writes.find(({ id }) => id === this.wanted?.id);
    return this.#posted ?? found ?? null;
  }

  get isDone(): boolean {
    return this.report !== null && isSettled(this.report);
  }

  get isLost(): boolean {
    const isLost = this.#lostMs !== null || this.lookError !== null;
    return this.step === "under" && !this.isDone && isLost;
  }

  /** The gateway was heard of since, and does not know it. */
  get isAbsent(): boolean {
    if (this.#lostMs === null || this.report !== null || this.isBusy) return false;
    return (this.#poll.answeredMs ?? 0) > this.#lostMs;
  }

  /** The first step: where the point asks for it, it is selected. Nothing is sent to the device. */
  async prepare(value: Value): Promise<void> {
    this.isBusy = true;
    this.isOver = false;
    this.error = null;
    try {
      const given = { point: this.#pointId, value };
      const isSelected = this.outlook?.selectMs !== null;
      const held = isSelected ? await send<Selected>("api/selections", given) : null;
      this.wanted = { id: newId(), value, selection: held?.selection };
      this.untilMs = held && Date.now() + held.validForMs - SPARE_MS;
      this.step = "confirm";
    } catch (thrown) {
      this.error = askErrorOf(thrown);
    } finally {
      this.isBusy = false;
    }
  }

  /** The second step: sends it. Done again, it is the same write. */
  async operate(): Promise<void> {
    if (this.wanted === null || this.isBusy) return;
    const body = { point: this.#pointId, ...this.wanted };
    this.isBusy = true;
    this.error = null;
    this.#lostMs = null;
    this.step = "under";
    rememberForNow(this.#key, JSON.stringify(this.wanted));
    this.#poll.again();
    try {
      this.#posted = await ask("api/writes", { method: "POST", body, csrf: session.csrf });
      this.#poll.again();
    } catch (thrown) {
      this.#fail(askErrorOf(thrown));
    } finally {
      this.isBusy = false;
    }
  }

  /** A refusal says that nothing was sent; silence and a bug say nothing. */
  #fail(fault: AskError) {
    if (fault.problem !== null && fault.problem.code !== "bug") {
      this.leave();
      this.error = fault;
    } else this.#lostMs = Date.now();
  }

  /** Back to where a value is typed. */
  leave() {
    forgetForNow(this.#key);
    this.wanted = null;
    this.#posted = null;
    this.#lostMs = null;
    this.untilMs = null;
    this.step = "edit";
    this.#poll.again();
  }

  /** The time of a selection is over. */
  lapse() {
    this.leave();
    this.isOver = true;
  }
}
