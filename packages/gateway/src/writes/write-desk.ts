import { randomUUID } from "node:crypto";
import {
  type Connection,
  type Context,
  describeError,
  Misconfigured,
  Refused,
  Unreachable,
  type Value,
} from "@headgate/model";
import { rawOf } from "../acquire/condition.ts";
import type { PointConfig } from "../config/config.ts";
import { toJson } from "../to-json.ts";
import { lookBack, type Sent } from "./read-back.ts";
import { readValue } from "./read-value.ts";
import { Selections } from "./selections.ts";
import { inEngineeringUnits } from "./write-fault.ts";
import type { WriteJournal } from "./write-journal.ts";
import { WriteMemory } from "./write-memory.ts";
import { outlookOf } from "./write-outlook.ts";
import type { WriteOutlook, WriteReport, WrittenValue } from "./write-record.ts";
import {
  parseValue,
  requireAccess,
  requireLimits,
  requirePause,
  requireSame,
  type WritablePoint,
} from "./write-rules.ts";

/** Writes that wait for their point at a time. */
const WAITING_MAX = 64;
const NOT_READ_BACK = "the device took it; it is not read back";

/** What is wanted. */
export interface WriteRequest {
  readonly pointId: string;
  /** As a person typed it, or a value. */
  readonly value: Value;
  /** Who wants it, for the journal: "command line", "api 127.0.0.1". */
  readonly by: string;
  /** One given twice is sent once. A new one where absent. */
  readonly id?: string | undefined;
  /** What `select` gave, for points that ask for it. */
  readonly selection?: string | undefined;
}

/** A write that is prepared, and may be carried out for a while. */
export interface Selection {
  readonly selection: string;
  readonly point: string;
  readonly value: WrittenValue;
  readonly validForMs: number;
}

export interface WriteDeskDeps {
  /** Throws `Misconfigured` if there is none of this name. */
  readonly pointOf: (pointId: string) => PointConfig;
  /** Throws `Unreachable` while the line is down. */
  readonly connectionOf: (point: PointConfig) => Connection;
  readonly journal: () => Promise<WriteJournal>;
  readonly context: Context;
}

/**
 * Writes points: within limits, recorded before anything is sent, sent at most once, read back.
 * Whatever happens in between, what was recorded as sent is never sent again.
 */
export class WriteDesk {
  readonly #deps: WriteDeskDeps;
  readonly #memory = new WriteMemory();
  readonly #busy = new Map<string, Promise<unknown>>();
  /** By id, while they are under way. */
  readonly #runs = new Map<string, { readonly request: WriteRequest; run: Promise<WriteReport> }>();
  readonly #selections: Selections;
  #waitingCount = 0;
  #ready: Promise<WriteJournal> | null = null;

  constructor(deps: WriteDeskDeps) {
    this.#deps = deps;
    this.#selections = new Selections(deps.context.clock);
  }

  /** The first half of a write, for points that ask for it: checked, and held for a while. */
  async select(request: WriteRequest): Promise<Selection> {
    const point = this.#pointOf(request);
    const { selectMs } = point.writing;
    if (selectMs === null) {
      throw new Misconfigured(`select "${request.pointId}": this point is written without`);
    }
    const value = await this.#meant(request, point);
    requireLimits(point, value);
    const { pointId, by } = request;
    const selection = this.#selections.hold({ pointId, value, by }, selectMs);
    return { selection, point: pointId, value: toJson(value), validForMs: selectMs };
  }

  /**
   * Resolves with what became of it. Rejects with `Misconfigured`, `Refused` or `Unreachable` if
   * nothing was sent.
   */
  async write(request: WriteRequest): Promise<WriteReport> {
    this.#pointOf(request);
    await this.#journal();
    const { id } = request;
    const write = () => this.#inTurn(request.pointId, () => this.#write(request));
    if (id === undefined) return await write();
    const under = this.#runs.get(id);
    const known = this.#memory.get(id);
    if (under) {
      requireSame(under.request, request);
      return await under.run;
    }
    if (known) {
      requireSame({ pointId: known.point, value: known.value ?? "" }, request);
      return known;
    }
    const run = write();
    this.#runs.set(id, { request, run });
    return await run.finally(() => this.#runs.delete(id));
  }

  async #inTurn(pointId: string, work: () => Promise<WriteReport>): Promise<WriteReport> {
    if (this.#waitingCount >= WAITING_MAX) {
      throw new Refused(`write "${pointId}": ${WAITING_MAX} writes are waiting already`);
    }
    this.#waitingCount++;
    const before = this.#busy.get(pointId) ?? Promise.resolve();
    const run = before.then(work);
    // Each in its turn; what became of the one before is its owner's affair.
    const settled = run.then(
      () => {},
      () => {},
    );
    this.#busy.set(pointId, settled);
    try {
      return await run;
    } finally {
      this.#waitingCount--;
      if (this.#busy.get(pointId) === settled) this.#busy.delete(pointId);
    }
  }

  /** What a write has to keep to, and what became of the last ones. */
  async look(pointId: string): Promise<WriteOutlook> {
    const point = requireAccess(this.#deps.pointOf(pointId));
    await this.#journal();
    const requests = [...this.#runs.values()].map(({ request }) => request);
    return outlookOf(point, { memory: this.#memory, requests, clock: this.#deps.context.clock });
  }

  /** The last writes, the newest at the end. */
  async list(): Promise<readonly WriteReport[]> {
    await this.#journal();
    return this.#memory.list();
  }

  /** What earlier lives left behind: sent, and not known what became of it. */
  async unsettled(): Promise<readonly WriteReport[]> {
    await this.#journal();
    return this.#memory.inherited("sent").filter(({ reason }) => reason !== NOT_READ_BACK);
  }

  /** Looks at what an earlier life sent last: the device has it, or not. Never sends it again. */
  async settle(report: WriteReport): Promise<WriteReport> {
    const point = requireAccess(this.#deps.pointOf(report.point));
    const connection = this.#deps.connectionOf(point);
    const value = report.value === null ? "" : report.value;
    return await this.#inTurn(report.point, async () => {
      if (this.#memory.isWrittenSince(report)) {
        const reason = "it was written again before anybody could look";
        return await this.#step(report, { state: "unknown", reason });
      }
      return await this.#readBack(connection, { point, value, report, isAnswered: false });
    });
  }

  /** Nobody can look any more. */
  async giveUp(report: WriteReport, reason: string): Promise<void> {
    await this.#step(report, { state: "unknown", reason });
  }

  async cancelQueued(): Promise<void> {
    await this.#journal();
    for (const report of this.#memory.inherited("queued")) {
      await this.#step(report, {
        state: "cancelled",
        reason: "the gateway ended before it was sent",
      });
    }
  }

  #pointOf({ pointId }: WriteRequest): WritablePoint {
    return requireAccess(this.#deps.pointOf(pointId));
  }

  async #write(request: WriteRequest): Promise<WriteReport> {
    const { clock } = this.#deps.context;
    // As it is configured now: it may have waited for long.
    const point = this.#pointOf(request);
    const connection = this.#deps.connectionOf(point);
    if (!connection.write) throw new Refused(`write "${point.point.id}": this driver cannot write`);
    const value = await this.#meant(request, point, connection);
    const { pointId, by, id = randomUUID() } = request;
    let report: WriteReport = {
      id,
      point: pointId,
      value: toJson(value),
      state: "queued",
      readBack: null,
      reason: null,
      by,
      atMs: clock.nowMs(),
    };
    try {
      if (point.writing.selectMs !== null) {
        this.#selections.take(request.selection, { pointId, value, by });
      }
      requireLimits(point, value);
      requirePause(point, this.#memory.sinceSentMs(pointId, clock));
    } catch (error) {
      const reason = describeError(error);
      await this.#step(report, { state: "refused", reason });
      throw error;
    }
    report = await this.#step(report, { state: "queued" });
    // From here on it counts as sent: whatever happens, nobody sends it again.
    report = await this.#step(report, { state: "sent" });
    this.#memory.noteSent(pointId, clock);
    const raw = rawOf(value, point.condition);
    let reason: string | null = null;
    try {
      await connection.write(point.point, raw, this.#deps.context.signal);
    } catch (fault) {
      reason = describeError(fault);
      if (fault instanceof Refused || fault instanceof Misconfigured) {
        const said = inEngineeringUnits(fault, { point, value, raw });
        await this.#step(report, { state: "refused", reason: describeError(said) });
        throw said;
      }
      if (!(fault instanceof Unreachable)) return await this.#stray(report, fault);
    }
    report = { ...report, reason };
    return await this.#readBack(connection, { point, value, report, isAnswered: reason === null });
  }

  async #readBack(connection: Connection, sent: Sent): Promise<WriteReport> {
    const { point, report, isAnswered } = sent;
    const isWanted = point.writing.verifyMs > 0 || !isAnswered;
    if (!isWanted) return await this.#step(report, { reason: NOT_READ_BACK });
    try {
      return await this.#step(report, await lookBack(connection, sent, this.#deps.context));
    } catch (bug) {
      return await this.#stray(report, bug);
    }
  }

  /** A bug in a driver: nobody knows what it sent, and nobody sends it again. */
  async #stray(report: WriteReport, bug: unknown): Promise<never> {
    await this.#step(report, { state: "unknown", reason: describeError(bug) });
    throw bug;
  }

  /** Records a step, durably, and remembers it. */
  async #step(report: WriteReport, step: Partial<WriteReport>): Promise<WriteReport> {
    const next = { ...report, ...step };
    const journal = await this.#journal();
    try {
      const { atMs: _, ...told } = next;
      await journal.append({ kind: "write", ...told }, true);
    } catch (error) {
      if (report.state === "queued") {
        const what = `write "${report.point}": it cannot be recorded, so it is not sent`;
        // Whoever asks for it again learns that, too.
        if (next.state === "sent") {
          this.#memory.note({ ...report, state: "cancelled", reason: what });
        }
        throw new Unreachable(what, { cause: error });
      }
      // It was sent: what became of it is told, though the journal does not take it.
      this.#deps.context.log.error("a write could not be recorded", { error, ...next });
    }
    this.#memory.note(next);
    const level = next.state === "verified" || next.state === "sent" ? "info" : "warn";
    if (next.state !== "queued") this.#deps.context.log[level](`write: ${next.state}`, next);
    return next;
  }

  /** Only the device knows that "007" is a text and no number. */
  async #meant(
    { value }: WriteRequest,
    point: PointConfig,
    connection = this.#deps.connectionOf(point),
  ): Promise<Value> {
    if (typeof value !== "string") return value;
    const before = await readValue(connection, point, this.#deps.context.signal);
    if (typeof before === "string") return value;
    const parsed = parseValue(value);
    if (before !== null || String(parsed) === value) return parsed;
    const what = `write "${point.point.id}": ${JSON.stringify(value)}`;
    const why = "cannot be read now, so this may mean a number or a text";
    throw new Refused(`${what}: the point ${why}; write ${parsed} if it is a number`);
  }

  /** Tried again where it could not be opened: a disk may come later. */
  async #journal(): Promise<WriteJournal> {
    this.#ready ??= this.#deps.journal().then(
      (journal) => {
        const { clock } = this.#deps.context;
        for (const record of journal.found) this.#memory.inherit(record, clock);
        return journal;
      },
      (error: unknown) => {
        this.#ready = null;
        throw error;
      },
    );
    return await this.#ready;
  }
}
