import { type Clock, type ExchangeOutcome, type LineTap, Unreachable } from "@headgate/model";
import type { Wire } from "../wire/wire.ts";
import { FrameScanner, type FrameShape } from "./frame-scanner.ts";

/** Within one answer no pause is longer: standards allow half a second between two bytes. */
const BYTE_GAP_MS_MAX = 500;
/** Bytes of the longest answer. */
const ANSWER_BYTES_MAX = 256;

/** Every question is to a meter; `A` may stand for any digit. */
export interface AnyQuestion {
  readonly meter: string;
}

/** Every answer is of one of these kinds. */
export type AnyAnswer =
  | { readonly kind: "data" }
  | { readonly kind: "refused" | "malformed"; readonly reason: string };

/** What one protocol knows of frames. */
export interface MeterProtocol<Question extends AnyQuestion, Answer extends AnyAnswer> {
  readonly shape: FrameShape;
  encode(question: Question): Buffer;
  /** Null if the frame is no answer to the question. */
  judge(frame: Buffer, question: Question): Answer | null;
}

/** Nobody answered in time; what was heard instead helps to find out why. */
export interface Silence {
  readonly kind: "silence";
  readonly heard: "nothing" | "echo" | "noise" | "others";
}

export interface MeterLineOptions<Question extends AnyQuestion, Answer extends AnyAnswer> {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly protocol: MeterProtocol<Question, Answer>;
  readonly turnaroundMs: number;
  /** Time of one byte on the wire; 0 where it does not matter. */
  readonly byteMs: number;
  readonly tap?: LineTap | undefined;
}

interface Pending<Question, Answer> {
  readonly question: Question;
  readonly request: Buffer;
  readonly settle: (outcome: Answer | Silence) => void;
  readonly fail: (why: Unreachable) => void;
  deadlineMs: number;
  readonly deadlineMsMax: number;
  byteCount: number;
  frameCount: number;
  isEchoed: boolean;
}

/** One line with meters: one request at a time, every exchange settles, a lost line stays lost. */
export class MeterLine<Question extends AnyQuestion, Answer extends AnyAnswer> {
  readonly #options: MeterLineOptions<Question, Answer>;
  readonly #scanner: FrameScanner;
  readonly #ending = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #pending: Pending<Question, Answer> | null = null;
  #lost: Unreachable | null = null;
  #lastTrafficMs: number;

  constructor(options: MeterLineOptions<Question, Answer>) {
    this.#options = options;
    this.#scanner = new FrameScanner(options.protocol.shape);
    this.#lastTrafficMs = options.clock.monotonicMs();
    options.wire.listen(
      (bytes) => this.#hear(bytes),
      (why, cause) => this.lose(new Unreachable(why, cause && { cause })),
    );
  }

  /** Rejects with `Unreachable` only: then the line is lost. Requests go out in order of call. */
  exchange(question: Question, timeoutMs: number): Promise<Answer | Silence> {
    const exchanged = this.#last.then(() => this.#exchange(question, timeoutMs));
    this.#last = exchanged.catch(() => {
      // Whoever asked was told.
    });
    return exchanged;
  }

  /** Ends the line for the given reason; whoever waits is told. */
  lose(why: Unreachable): void {
    if (this.#lost) return;
    this.#lost = why;
    this.#ending.abort();
    this.#options.wire.destroy();
    this.#pending?.fail(why);
    this.#pending = null;
  }

  /** Ends the line when `signal` aborts, so that nobody waits for a timeout at the end. */
  endWith(signal: AbortSignal): void {
    const stop = () => this.lose(new Unreachable("the gateway stops"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { signal: this.#ending.signal });
  }

  async #exchange(question: Question, timeoutMs: number): Promise<Answer | Silence> {
    const endTurn = await this.#options.wire.takeTurn?.();
    try {
      await this.#quiet(timeoutMs);
      if (this.#lost) throw this.#lost;
      return await this.#send(question, timeoutMs);
    } finally {
      endTurn?.();
    }
  }

  /** Waits for silence, on a line that babbles not longer than for an answer. */
  async #quiet(patienceMs: number): Promise<void> {
    const { clock, turnaroundMs } = this.#options;
    const endMs = clock.monotonicMs() + Math.max(patienceMs, turnaroundMs);
    while (!this.#lost) {
      const leftMs = Math.min(this.#lastTrafficMs + turnaroundMs, endMs) - clock.monotonicMs();
      if (leftMs <= 0) return;
      await clock.sleep(leftMs, this.#ending.signal);
    }
  }

  async #send(question: Question, timeoutMs: number): Promise<Answer | Silence> {
    const { wire, clock, protocol, byteMs } = this.#options;
    const request = protocol.encode(question);
    const startMs = clock.monotonicMs();
    const sentMs = startMs + byteMs * request.length;
    const outcome = new Promise<Answer | Silence>((resolve, reject) => {
      this.#pending = {
        question,
        request,
        settle: resolve,
        fail: reject,
        deadlineMs: sentMs + timeoutMs,
        deadlineMsMax: sentMs + timeoutMs + BYTE_GAP_MS_MAX + byteMs * ANSWER_BYTES_MAX,
        byteCount: 0,
        frameCount: 0,
        isEchoed: false,
      };
    });
    this.#scanner.reset();
    this.#lastTrafficMs = clock.monotonicMs();
    const answered = new AbortController();
    const watching = this.#watch(AbortSignal.any([answered.signal, this.#ending.signal]));
    wire.write(request);
    try {
      const settled = await outcome;
      this.#tell(question, settled, clock.monotonicMs() - startMs);
      return settled;
    } finally {
      answered.abort();
      await watching;
    }
  }

  #tell({ meter }: Question, settled: Answer | Silence, durationMs: number): void {
    const exception = settled.kind === "refused" ? settled.reason : null;
    const outcome = outcomeOf(settled);
    this.#options.tap?.settled({ unit: meter, outcome, exception, durationMs });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted && this.#pending) {
      const leftMs = this.#pending.deadlineMs - clock.monotonicMs();
      if (leftMs > 0) {
        await clock.sleep(leftMs, signal);
        continue;
      }
      const pending = this.#pending;
      this.#pending = null;
      pending.settle({ kind: "silence", heard: heardOf(pending) });
    }
  }

  #hear(bytes: Buffer): void {
    const { clock, protocol } = this.#options;
    this.#lastTrafficMs = clock.monotonicMs();
    const pending = this.#pending;
    // Late, or somebody else's.
    if (pending === null) {
      this.#options.tap?.stray();
      return;
    }
    pending.byteCount += bytes.length;
    pending.deadlineMs = Math.min(
      pending.deadlineMsMax,
      Math.max(pending.deadlineMs, this.#lastTrafficMs + BYTE_GAP_MS_MAX),
    );
    for (const frame of this.#scanner.push(bytes)) {
      const answer = protocol.judge(frame, pending.question);
      if (answer !== null) {
        this.#pending = null;
        pending.settle(answer);
        return;
      }
      if (pending.request.subarray(-frame.length).equals(frame)) pending.isEchoed = true;
      else pending.frameCount++;
    }
  }
}

function outcomeOf(settled: AnyAnswer | Silence): ExchangeOutcome {
  switch (settled.kind) {
    case "data":
      return "ok";
    case "refused":
      return "exception";
    case "malformed":
      return "malformed";
    case "silence":
      if (settled.heard === "others") return "foreign";
      return settled.heard === "noise" ? "checksum" : "timeout";
  }
}

function heardOf<Q, A>({ byteCount, frameCount, isEchoed, request }: Pending<Q, A>) {
  if (frameCount > 0) return "others";
  if (isEchoed) return byteCount > request.length ? "noise" : "echo";
  return byteCount > 0 ? "noise" : "nothing";
}

/** Why there is no value, for a person on site. */
export function silenceText(meter: string, { heard }: Silence, timeoutMs: number): string {
  const who = /^A+$/.test(meter) ? "any meter" : `meter ${meter}`;
  const what = `timeout: no answer from ${who} within ${timeoutMs} ms`;
  if (heard === "others") return `${what}, but from another or to another request`;
  if (heard === "noise") return `${what}, but bytes that are no frame; check baudRate and parity`;
  return heard === "echo" ? `${what}, only the adapter's echo` : what;
}
