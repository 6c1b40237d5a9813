import type { Clock, Lane, Pace, PaceStatus } from "@headgate/model";
import type { AskedLimits } from "./ack-book.ts";
import { allowanceAt, type BudgetConfig } from "./budget-config.ts";
import { LaneBuckets } from "./lane-buckets.ts";
import { LocalClock } from "./local-time.ts";
import type { MonthCount } from "./month-count.ts";

/** Of the month: below this part of it, only live goes. */
const LIVE_ONLY_PART = 0.1;
/** Below this, live is gathered: fewer and larger messages. */
const GATHERED_PART = 0.03;
const GATHER_MS = 60_000;
/** Of that, so long live may go. */
const GATHER_OPEN_MS = 5_000;
/** Whoever is held asks again after this, as times of day and limits change. */
const REVIEW_MS = 1000;
/** A batch takes the line for at most this long, so that live gets its turn. */
const BATCH_MS = 500;
const BATCH_BYTES_MIN = 1024;
/** After the first complaint of a server about the message rate; each further one halves it. */
const MESSAGES_PER_SECOND = 20;
const MESSAGES_PER_SECOND_MIN = 0.5;
const RECOVER_MS = 600_000;
/** Bytes on the wire for each byte of a body, until it is known better. */
const EXPANSION = 1.2;

export interface BudgetOptions {
  readonly config: BudgetConfig | undefined;
  readonly timezone: string;
  readonly clock: Clock;
  /** Null where the config limits no month. */
  readonly month: MonthCount | null;
  /** The month's count should be saved. */
  readonly onCounted: () => void;
}

/** Who may send when: configured rates and month, receivers' limits, the server's pauses. */
export class Budget implements Pace {
  readonly #options: BudgetOptions;
  readonly #localClock: LocalClock;
  readonly #line = new LaneBuckets({ l: 0.7, r: 0.15, b: 0.15 });
  /** In messages. */
  readonly #messages = new LaneBuckets({ l: 0.7, r: 0.15, b: 0.15 });
  readonly #receivers = new LaneBuckets({ r: 0.5, b: 0.5 });
  #unconfirmedBytesMax = Number.POSITIVE_INFINITY;
  #pausedUntilMs = 0;
  #slowedAtMs = Number.POSITIVE_INFINITY;
  /** When what was gathered began to go. */
  #openedAtMs = Number.NEGATIVE_INFINITY;
  #expansion = EXPANSION;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#localClock = new LocalClock(options.timezone);
  }

  waitMs(lane: Lane): number {
    const nowMs = this.#options.clock.monotonicMs();
    const { isBacklogAllowed } = this.#allow(nowMs);
    const mode = this.#mode();
    if (mode === "spent") return REVIEW_MS;
    this.#recover(nowMs);
    const lineMs = Math.max(this.#line.waitMs(lane, nowMs), this.#messages.waitMs(lane, nowMs));
    if (lane === "l") {
      const gatherMs = mode === "gathered" ? this.#gatherMs(nowMs) : 0;
      return Math.min(Math.max(lineMs, gatherMs, 0), REVIEW_MS);
    }
    if (mode !== "all" || !isBacklogAllowed) return REVIEW_MS;
    const limitMs = this.#receivers.waitMs(lane, nowMs);
    return Math.min(Math.max(lineMs, limitMs, this.#pausedUntilMs - nowMs, 0), REVIEW_MS);
  }

  get batchBytesMax(): number {
    this.#allow(this.#options.clock.monotonicMs());
    const slower = Math.min(this.#line.bytesPerSecond, this.#receivers.bytesPerSecond);
    const bytesMax = (slower * BATCH_MS) / 1000 / this.#expansion;
    return Math.max(BATCH_BYTES_MIN, Math.min(bytesMax, this.#unconfirmedBytesMax / 4));
  }

  get unconfirmedBytesMax(): number {
    return this.#unconfirmedBytesMax;
  }

  status(): PaceStatus {
    const { bytesPerSecond } = this.#allow(this.#options.clock.monotonicMs());
    const { month } = this.#options;
    return {
      mode: this.#mode(),
      bytesPerSecondMax: Number.isFinite(bytesPerSecond) ? bytesPerSecond : null,
      month: month && { usedBytes: month.usedIn(this.#now().month), bytesMax: month.bytesMax },
    };
  }

  /** Bytes that leave on this lane now. */
  charge(lane: Lane, wireBytes: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#allow(nowMs);
    this.#line.charge(lane, wireBytes, nowMs);
    this.#receivers.charge(lane, wireBytes, nowMs);
    this.#messages.charge(lane, 1, nowMs);
    if (lane === "l" && nowMs - this.#openedAtMs >= GATHER_MS) this.#openedAtMs = nowMs;
    this.count(wireBytes);
  }

  /** The server has found messages too many: each must wait for its turn. */
  get isCountingMessages(): boolean {
    return Number.isFinite(this.#messages.bytesPerSecond);
  }

  /** Until one more message may go on this lane. */
  messageWaitMs(lane: Lane): number {
    return this.#messages.waitMs(lane, this.#options.clock.monotonicMs());
  }

  /** What bodies have become on the wire: batches are cut accordingly. */
  learn(bodyBytes: number, wireBytes: number): void {
    if (bodyBytes > 0) this.#expansion += (wireBytes / bodyBytes - this.#expansion) / 8;
  }

  /** Bytes that no lane is charged with: what comes in, greetings, keepalives. */
  count(wireBytes: number): void {
    const { month, onCounted } = this.#options;
    if (month?.add(this.#now().month, wireBytes)) onCounted();
  }

  /** What the receivers ask for by now. */
  limit({ bytesPerSecondMax, unconfirmedBytesMax }: AskedLimits): void {
    this.#receivers.setRate(bytesPerSecondMax, this.#options.clock.monotonicMs());
    this.#unconfirmedBytesMax = unconfirmedBytesMax;
  }

  /** The server asks for less: everything but live waits so long. */
  pause(durationMs: number): void {
    const untilMs = this.#options.clock.monotonicMs() + durationMs;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
  }

  /** The server finds the message rate too high: half of it from now on. */
  slowDown(): void {
    const { bytesPerSecond: rate } = this.#messages;
    const nowMs = this.#options.clock.monotonicMs();
    const slower = Number.isFinite(rate) ? rate / 2 : MESSAGES_PER_SECOND;
    this.#messages.setRate(Math.max(slower, MESSAGES_PER_SECOND_MIN), nowMs);
    this.#slowedAtMs = nowMs;
  }

  #gatherMs(nowMs: number): number {
    const sinceMs = nowMs - this.#openedAtMs;
    return sinceMs < GATHER_OPEN_MS ? 0 : GATHER_MS - sinceMs;
  }

  /** A server that has not complained for a while gets more again. */
  #recover(nowMs: number): void {
    if (nowMs - this.#slowedAtMs < RECOVER_MS) return;
    this.#slowedAtMs = nowMs;
    const faster = 2 * this.#messages.bytesPerSecond;
    this.#messages.setRate(faster > MESSAGES_PER_SECOND ? Infinity : faster, nowMs);
  }

  #now() {
    return this.#localClock.at(this.#options.clock.nowMs());
  }

  #allow(nowMs: number) {
    const { config } = this.#options;
    if (!config) return { bytesPerSecond: Number.POSITIVE_INFINITY, isBacklogAllowed: true };
    const allowance = allowanceAt(config, this.#now().minute);
    this.#line.setRate(allowance.bytesPerSecond, nowMs);
    return allowance;
  }

  #mode(): PaceStatus["mode"] {
    const { month } = this.#options;
    if (!month) return "all";
    const left = 1 - month.usedIn(this.#now().month) / month.bytesMax;
    if (left <= 0) return "spent";
    if (left < GATHERED_PART) return "gathered";
    return left < LIVE_ONLY_PART ? "live-only" : "all";
  }
}
