import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { type Buffer, type Context, describeError, type Sample } from "@headgate/model";
import { SqliteBuffer } from "../buffer/sqlite-buffer.ts";
import { HistoryIntake, type TakenParcel } from "./history-intake.ts";
import { HistoryLink } from "./history-link.ts";
import type { HistoryQuery, HistoryStatus, PointHistory } from "./history-messages.ts";
import { refillOf } from "./history-refill.ts";
import type { RecordedSpan } from "./recorded-span.ts";

export interface HistoryOptions {
  /** The data folder: `history.db` lies in it. */
  readonly directory: string;
  readonly capacityBytesMax: number;
  readonly pointIds: readonly string[];
}

/** What a power cut takes of it, until the next start finds it in the buffer. */
const STORE_MS = 5 * 60_000;
/** What came late is not looked for there: it is stored sooner. */
const LOOK_MS = 60_000;
/** Between two pieces of what is left to do: others want the processor and the disk. */
const TIDY_PAUSE_MS = 25;
const CLOSE_MS_MAX = 2_000;
/** The same trouble is told again after so long. */
const TOLD_MS = 3_600_000;

/** The history beside a buffer, served by its thread; null where none is wanted or it has none. */
export function openHistory(
  buffer: Buffer,
  options: HistoryOptions,
  context: Context,
): History | null {
  if (options.capacityBytesMax === 0 || !(buffer instanceof SqliteBuffer)) return null;
  return new History(options, context, buffer);
}

/** Has the thread that is to have the file, and what came before. */
interface LendingBuffer extends Buffer {
  /** Gives a port to its thread; false if there is none. */
  lend(port: MessagePort): boolean;
}

/** Recent samples for trends. A convenience: delivery never waits for it, nor depends on it. */
export class History {
  readonly #options: HistoryOptions;
  readonly #context: Context;
  readonly #buffer: LendingBuffer;
  readonly #closing = new AbortController();
  #intake: HistoryIntake;
  #link: HistoryLink | null = null;
  /** The points that the file knows by their slots. */
  #linked: readonly string[] = [];
  #status: HistoryStatus | null = null;
  #fault = "";
  /** What was complained of last. */
  #told = { reason: "", atMs: 0, isOver: true };
  #storing: Promise<void> = Promise.resolve();
  #isStoring = false;
  #storedAtMs: number;
  readonly #running: Promise<void>;

  constructor(options: HistoryOptions, context: Context, buffer: LendingBuffer) {
    this.#options = options;
    this.#context = context;
    this.#buffer = buffer;
    this.#intake = new HistoryIntake(options.pointIds, context.clock);
    const { clock } = context;
    this.#storedAtMs = clock.monotonicMs() - (clock.nowMs() % STORE_MS);
    // What begins anew has nothing to look up.
    if (existsSync(join(options.directory, "history.db"))) this.#storing = this.#refill();
    this.#running = this.#run();
  }

  /** Other points from now on. */
  use(pointIds: readonly string[]): void {
    void this.#store();
    this.#intake = new HistoryIntake(pointIds, this.#context.clock, this.#intake);
  }

  /** Takes samples in; never waits, never throws. */
  keep(samples: readonly Sample[]): void {
    this.#intake.keep(samples);
    if (this.#intake.isFull && !this.#isStoring) void this.#store();
  }

  async query(query: HistoryQuery): Promise<PointHistory> {
    // What is on its way to the file is in neither place.
    for (let storing = null; storing !== this.#storing; ) {
      storing = this.#storing;
      await storing;
    }
    return await this.#linkFor(this.#linked).call("query", {
      ...query,
      ...this.#intake.pendingOf(query.pointId),
    });
  }

  /** Null until something was stored; its fault is "" while all is well. */
  status(): { readonly file: HistoryStatus | null; readonly fault: string } {
    return { file: this.#status, fault: this.#fault };
  }

  /** Keeps what it has, within a moment. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    const late = new AbortController();
    const end = async () => {
      await this.#store();
      await this.#link?.call("close", null).catch(this.#complain);
      late.abort();
    };
    await Promise.race([end(), this.#context.clock.sleep(CLOSE_MS_MAX, late.signal)]);
    this.#link?.close();
  }

  async #run(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // On whole minutes: then few of them lie in two rows.
      const restMs = LOOK_MS - (clock.nowMs() % LOOK_MS);
      const dueMs = clock.monotonicMs() + restMs;
      await this.#tidy(dueMs - TIDY_PAUSE_MS);
      await clock.sleep(dueMs - clock.monotonicMs(), signal);
      if (signal.aborted) return;
      const waitedMs = clock.monotonicMs() - this.#storedAtMs;
      if (waitedMs > STORE_MS - LOOK_MS / 2 || this.#intake.hasLate) await this.#store();
    }
  }

  #store(): Promise<void> {
    this.#storedAtMs = this.#context.clock.monotonicMs();
    const parcels = this.#intake.take();
    if (parcels.length === 0) return this.#storing;
    this.#isStoring = true;
    this.#storing = this.#storing.then(async () => {
      for (const parcel of parcels) await this.#send(parcel);
      this.#isStoring = false;
    });
    return this.#storing;
  }

  /** Takes from the buffer what a power cut took of the history. */
  async #refill(): Promise<void> {
    const { log } = this.#context;
    const { pointIds } = this.#options;
    // What comes now is recorded again.
    const { epochs } = this.#buffer.status();
    const timesOf = async (pointId: string, span: RecordedSpan) => {
      const about = { pointId, ...span, silentMs: null, pending: [], recorded: span };
      const asked = { ...about, resolution: "raw", countMax: Number.MAX_SAFE_INTEGER } as const;
      const told = await this.#linkFor(pointIds).call("query", asked);
      return told.kind === "raw" ? told.timesMs : [];
    };
    try {
      const end = await this.#linkFor(pointIds).call("end", null);
      if (end === null) return;
      const refill = { epochs, pointIds, end, timesOf, signal: this.#closing.signal };
      for await (const parcel of refillOf(this.#buffer, refill)) await this.#send(parcel);
    } catch (error) {
      const reason = describeError(error);
      log.warn("the history lacks its last minutes before the start", { reason });
    }
  }

  async #send({ pointIds, stored }: TakenParcel): Promise<void> {
    try {
      const link = this.#linkFor(pointIds);
      const { bytes, lengths } = stored.runs;
      let status = await link.call("store", stored, [bytes.buffer, lengths.buffer]);
      while (!status) status = await link.call("storeMore", null);
      this.#note(status);
      this.#recover();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Until then at most: what came meanwhile is to be stored. */
  async #tidy(untilMs: number): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#closing;
    if (!this.#link) return;
    try {
      while (!signal.aborted && clock.monotonicMs() < untilMs) {
        if (!(await this.#linkFor(this.#linked).call("tidy", clock.nowMs()))) return;
        await clock.sleep(TIDY_PAUSE_MS, signal);
      }
    } catch (error) {
      this.#complain(error);
    }
  }

  /** To a file that knows these points; it is opened when there is something to do for it. */
  #linkFor(pointIds: readonly string[]): HistoryLink {
    if (!this.#link || this.#link.hasEnded) {
      this.#link = new HistoryLink((port) => this.#buffer.lend(port));
      const open = { ...this.#options, pointIds };
      this.#link.call("open", open).then((status) => this.#note(status), this.#complain);
    } else if (this.#linked !== pointIds) {
      this.#link.call("use", pointIds).catch(this.#complain);
    }
    this.#linked = pointIds;
    return this.#link;
  }

  #note(status: HistoryStatus): void {
    const { setAsidePath: path, setAsideReason: reason } = status;
    const known = this.#status;
    this.#status = status;
    if (reason === "" || known?.setAsideReason === reason) return;
    this.#context.log.warn("history not usable: a new one begins", { reason, setAside: path });
  }

  /** Once for each reason: a disk that is just full takes some minutes, and others not. */
  readonly #complain = (error: unknown): void => {
    this.#fault = describeError(error);
    const nowMs = this.#context.clock.monotonicMs();
    const { reason, atMs } = this.#told;
    if (reason === this.#fault && nowMs - atMs < TOLD_MS) return;
    this.#told = { reason: this.#fault, atMs: nowMs, isOver: false };
    this.#context.log.warn("history not kept; delivery goes on", { reason: this.#fault });
  };

  #recover(): void {
    this.#fault = "";
    if (this.#told.isOver) return;
    this.#told = { ...this.#told, isOver: true };
    this.#context.log.info("history is kept again");
  }
}
