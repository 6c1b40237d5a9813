import { Misconfigured } from "@headgate/model";
import { Bell } from "../../drain/bell.ts";
import { type HandoverLimits, keyOf, samplesIn } from "../sinks/sink.ts";
import type { Queued, Remark, SinkOutbox, SinkStanding } from "../sinks/sink-outbox.ts";
import type { Connection, Statement } from "./connection.ts";
import { HandoverReader } from "./handover-reader.ts";
import type { OutboxRow } from "./outbox-row.ts";
import { readSinks } from "./sink-admin.ts";
import { storeFault } from "./store-fault.ts";

/** Rows looked at in one go: what is no more is let go of by the page. */
const PAGE_ROWS = 200;

/** The outbox of an SQLite store, on the store's own connection. */
export class SqliteOutbox implements SinkOutbox {
  readonly #database: Connection;
  readonly #path: string;
  readonly #reader: HandoverReader;
  readonly #bells = new Map<string, Bell>();
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Connection, path: string) {
    this.#database = database;
    this.#path = path;
    this.#reader = new HandoverReader(database);
    this.#statements = prepareStatements(database);
  }

  async known(): Promise<readonly string[]> {
    return this.#read(() => this.#statements.names.all());
  }

  async standing(): Promise<readonly SinkStanding[]> {
    return this.#read(() => readSinks(this.#database));
  }

  async register(sink: string): Promise<void> {
    this.#transact(() => this.#statements.register.run(sink));
    // From here on it hears of commits, though it listens later.
    this.#bellOf(sink);
  }

  async next(sink: string, limits: HandoverLimits): Promise<readonly Queued[]> {
    const ref = this.#refOf(sink);
    for (;;) {
      const { queued, passed, rowCount } = this.#page(ref, limits);
      if (passed.length > 0) this.#transact(() => this.#remove(ref, passed));
      // A whole page of what is no more: what follows it may still be there.
      if (queued.length > 0 || passed.length < rowCount) return queued;
      if (rowCount === 0) return queued;
    }
  }

  /** What is there of the next rows; `passed`: whose entries something that came later replaced. */
  #page(ref: number, { handoversMax, samplesMax }: HandoverLimits) {
    const queued: Queued[] = [];
    const passed: number[] = [];
    let sampleCount = 0;
    const rows = this.#read(() =>
      this.#statements.waiting.all(ref, Math.max(PAGE_ROWS, handoversMax)),
    );
    for (const row of rows) {
      if (queued.length === handoversMax) break;
      const entry = this.#read(() => this.#reader.read(row));
      if (entry === null) {
        passed.push(row.position);
        continue;
      }
      sampleCount += samplesIn(entry);
      if (queued.length > 0 && sampleCount > samplesMax) break;
      const { position, gateway: gatewayId, storedMs } = row;
      queued.push({ position, key: keyOf(gatewayId, entry), gatewayId, entry, storedMs });
    }
    return { queued, passed, rowCount: rows.length };
  }

  async done(sink: string, positions: readonly number[], nowMs: number): Promise<void> {
    this.#transact(() => {
      const ref = this.#refOf(sink);
      const count = this.#remove(ref, positions);
      this.#statements.handed.run(count, nowMs, ref);
    });
  }

  async setAside(sink: string, position: number, { reason, nowMs }: Remark): Promise<number> {
    return this.#transact(() => {
      const ref = this.#refOf(sink);
      const { changes } = this.#statements.setAside.run(reason, position, ref);
      this.#statements.count.run(-changes, ref);
      this.#statements.fault.run(reason, nowMs, ref);
      return this.#statements.asideCount.get(ref) ?? 0;
    });
  }

  async noteFault(sink: string, { reason, nowMs }: Remark): Promise<void> {
    this.#transact(() => this.#statements.fault.run(reason, nowMs, this.#refOf(sink)));
  }

  async queued(sink: string, signal: AbortSignal): Promise<void> {
    await this.#bellOf(sink).rung(signal);
  }

  /** Something was queued. */
  ring(): void {
    for (const bell of this.#bells.values()) bell.ring();
  }

  #bellOf(sink: string): Bell {
    const bell = this.#bells.get(sink) ?? new Bell();
    this.#bells.set(sink, bell);
    return bell;
  }

  #refOf(sink: string): number {
    const ref = this.#statements.refOf.get(sink);
    if (ref === undefined) {
      throw new Misconfigured(`sink "${sink}": the store has forgotten it; start again to add it`);
    }
    return ref;
  }

  #remove(ref: number, positions: readonly number[]): number {
    let count = 0;
    for (const position of positions) count += this.#statements.remove.run(position, ref).changes;
    this.#statements.count.run(-count, ref);
    return count;
  }

  #read<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw storeFault(error, `read store "${this.#path}"`);
    }
  }

  #transact<T>(body: () => T): T {
    try {
      return this.#database.transaction(body)();
    } catch (error) {
      throw storeFault(error, `write store "${this.#path}"`);
    }
  }
}

function prepareStatements(database: Connection) {
  const refOf: Statement<number> = database.prepare<number>("select ref from sink where name = ?");
  const asideCount = database.prepare<number>(
    "select count(*) from outbox where sink_ref = ? and refused is not null",
  );
  const names = database.prepare<string>("select name from sink order by name");
  return {
    refOf: refOf.pluck(),
    names: names.pluck(),
    register: database.prepare("insert or ignore into sink (name) values (?)"),
    waiting: database.prepare<OutboxRow>(
      `select position, outbox.epoch_ref as epochRef, gateway.id as gateway, stream,
       epoch.id as epoch, kind, first, last, stored_ms as storedMs
       from outbox join epoch on epoch.ref = outbox.epoch_ref
       join gateway on gateway.ref = epoch.gateway_ref
       where sink_ref = ? and outbox.refused is null order by position limit ?`,
    ),
    remove: database.prepare("delete from outbox where position = ? and sink_ref = ?"),
    setAside: database.prepare(
      "update outbox set refused = ? where position = ? and sink_ref = ? and refused is null",
    ),
    asideCount: asideCount.pluck(),
    count: database.prepare("update sink set waiting = waiting + ? where ref = ?"),
    handed: database.prepare(
      `update sink set handed = handed + ?, handed_ms = ?, fault = null, fault_ms = null
       where ref = ?`,
    ),
    fault: database.prepare("update sink set fault = ?, fault_ms = ? where ref = ?"),
  };
}
