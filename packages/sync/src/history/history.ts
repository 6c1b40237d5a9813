import type { MessagePort } from "node:worker_threads";
import { type Buffer, type Context, describeError, type Sample } from "@headgate/model";
import { SqliteBuffer } from "../buffer/sqlite-buffer.ts";
import { HistoryLink } from "./history-link.ts";
import type {
  HistoryCalls,
  HistoryQuery,
  HistoryStatus,
  OpenHistoryFile,
  PointHistory,
} from "./history-messages.ts";
import { PendingRuns, type TakenRuns } from "./pending-runs.ts";
import { Quality } from "./sample-columns.ts";

export interface HistoryOptions {
  /** The data folder: `history.db` lies in it. */
  readonly directory: string;
  readonly capacityBytesMax: number;
  readonly pointIds: readonly string[];
}

/** What a power cut may cost of it: nothing else is lost then. */
const STORE_MS = 60_000;
/** Samples that wait in memory are written sooner beyond this. */
const PENDING_BYTES_MAX = 4 * 1024 * 1024;
/** Between two parts of what is left to do: others want the processor and the disk. */
const TIDY_PAUSE_MS = 50;
const CLOSE_MS_MAX = 2_000;

/** The history beside a buffer, served by its thread; null where none is wanted or it has none. */
export function openHistory(
  buffer: Buffer,
  options: HistoryOptions,
  context: Context,
): History | null {
  if (options.capacityBytesMax === 0 || !(buffer instanceof SqliteBuffer)) return null;
  return new History(options, context, (port) => buffer.lend(port));
}

/** Recent samples for trends. A convenience: delivery never waits for it, nor depends on it. */
export class History {
  readonly #options: HistoryOptions;
  readonly #context: Context;
  readonly #lend: (port: MessagePort) => boolean;
  readonly #slots = new Map<string, number>();
  #pointIds: readonly string[] = [];
  #pending = new PendingRuns(0, PENDING_BYTES_MAX);
  readonly #closing = new AbortController();
  #expected = 0;
  #link: HistoryLink | null = null;
  #status: HistoryStatus | null = null;
  #fault = "";
  #storing: Promise<void> = Promise.resolve();
  #isStoring = false;
  readonly #running: Promise<void>;

  /** `lend` gives a port to the thread that is to have the file; false if there is none. */
  constructor(options: HistoryOptions, context: Context, lend: (port: MessagePort) => boolean) {
    this.#options = options;
    this.#context = context;
    this.#lend = lend;
    this.#number(options.pointIds);
    this.#running = this.#run();
  }

  /** Other points from now on. */
  use(pointIds: readonly string[]): void {
    void this.#store();
    this.#number(pointIds);
    if (!this.#link || this.#link.hasEnded) return;
    const use = () => this.#call("use", pointIds).then(() => {}, this.#complain);
    this.#storing = this.#storing.then(use);
  }

  /** Takes samples in; never waits, never throws. */
  keep(samples: readonly Sample[]): void {
    for (const { pointId, timestampMs, quality, value } of samples) {
      const slot = this.#slotOf(pointId);
      const number = numberOf(value);
      if (slot === undefined || (number === null && quality !== "bad")) continue;
      this.#pending.add(slot, timestampMs, [number ?? Number.NaN, Quality[quality]]);
    }
    if (this.#pending.isFull && !this.#isStoring) void this.#store();
  }

  async query(query: HistoryQuery): Promise<PointHistory> {
    const slot = this.#slots.get(query.pointId);
    await this.#storing;
    const none = { baseMs: 0, bytes: new Uint8Array() };
    const pending = slot === undefined ? none : this.#pending.runOf(slot);
    return await this.#call("query", { ...query, pending });
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
      await clock.sleep(STORE_MS - (clock.nowMs() % STORE_MS), signal);
      if (signal.aborted) return;
      await this.#store();
      await this.#tidy();
    }
  }

  #store(): Promise<void> {
    if (this.#pending.sampleCount === 0) return this.#storing;
    this.#isStoring = true;
    const taken = this.#pending.take();
    this.#storing = this.#storing.then(() => this.#send(taken));
    return this.#storing;
  }

  async #send(taken: TakenRuns): Promise<void> {
    try {
      this.#status = await this.#call("store", taken, [taken.bytes.buffer, taken.lengths.buffer]);
      this.#fault = "";
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#isStoring = false;
    }
  }

  async #tidy(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#closing;
    try {
      while (!signal.aborted && (await this.#call("tidy", clock.nowMs()))) {
        await clock.sleep(TIDY_PAUSE_MS, signal);
      }
    } catch (error) {
      this.#complain(error);
    }
  }

  /** The file is opened when there is something to do for it, and anew in another thread. */
  async #call<Name extends keyof HistoryCalls>(
    name: Name,
    request: Parameters<HistoryCalls[Name]>[0],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<HistoryCalls[Name]>> {
    if (!this.#link || this.#link.hasEnded) {
      this.#link = new HistoryLink(this.#lend);
      const open: OpenHistoryFile = { ...this.#options, pointIds: this.#pointIds };
      this.#link.call("open", open).then((status) => this.#opened(status), this.#complain);
    }
    return await this.#link.call(name, request, transfer);
  }

  #opened(status: HistoryStatus): void {
    this.#status = status;
    if (status.setAsidePath === "") return;
    const told = { path: status.setAsidePath };
    this.#context.log.warn("history damaged: the file was set aside, a new one begins", told);
  }

  #number(pointIds: readonly string[]): void {
    this.#pointIds = pointIds;
    this.#slots.clear();
    for (const [slot, id] of pointIds.entries()) this.#slots.set(id, slot);
    this.#pending = new PendingRuns(pointIds.length, PENDING_BYTES_MAX);
    this.#expected = 0;
  }

  /** Once for each reason. */
  readonly #complain = (error: unknown): void => {
    const reason = describeError(error);
    if (reason !== this.#fault) {
      this.#context.log.warn("history not kept; delivery goes on", { reason });
    }
    this.#fault = reason;
  };

  #slotOf(pointId: string): number | undefined {
    // Samples come in the order of the points mostly: then no look-up is needed.
    if (this.#pointIds[this.#expected] !== pointId) {
      const slot = this.#slots.get(pointId);
      if (slot === undefined) return undefined;
      this.#expected = slot;
    }
    return this.#expected++;
  }
}

/** Text has no trend. */
function numberOf(value: Sample["value"]): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "bigint" ? Number(value) : null;
}
