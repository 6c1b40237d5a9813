import type { Clock, Exchange, LineRecord, LineTap } from "@headgate/model";
import { LineMeter, type UnitCounters } from "./line-meter.ts";
import { LineTrace } from "./line-trace.ts";

/** Records that wait for one follower; one that is slower loses the rest, and is told. */
const WAITING_MAX = 5_000;
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/** Takes what is new since it last asked. */
export interface LineFollower {
  /** With how many were lost after those given. */
  take(): { readonly records: readonly LineRecord[]; readonly lostCount: number };
  end(): void;
}

/** Watches one channel's line over all its connections. */
export class LineWatch implements LineTap {
  readonly #clock: Clock;
  readonly #trace = new LineTrace();
  readonly #meter = new LineMeter();
  readonly #followers = new Set<(record: LineRecord) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  opened(): void {
    this.#see("opened", NO_BYTES);
  }

  sent(bytes: Uint8Array): void {
    this.#see("sent", bytes);
  }

  received(bytes: Uint8Array): void {
    this.#see("received", bytes);
  }

  stray(): void {
    this.#meter.strayCount++;
  }

  settled(exchange: Exchange): void {
    this.#meter.settled(exchange, this.#clock.monotonicMs());
  }

  /** The last ones, from the oldest to the newest. */
  records(): LineRecord[] {
    return this.#trace.records(this.#toUtc());
  }

  units(): UnitCounters[] {
    return this.#meter.units(this.#clock.monotonicMs());
  }

  get strayCount(): number {
    return this.#meter.strayCount;
  }

  /** Begins with what is kept already. */
  follow(): LineFollower {
    let records = this.records();
    let byteCount = 0;
    let lostCount = 0;
    const listen = (record: LineRecord) => {
      byteCount += record.bytes.length;
      const hasRoom = records.length < WAITING_MAX && byteCount <= WAITING_BYTES_MAX;
      // What comes after the first that is lost is lost as well: one gap, at the end.
      if (hasRoom && lostCount === 0) records.push(record);
      else lostCount++;
    };
    this.#followers.add(listen);
    return {
      take() {
        const taken = { records, lostCount };
        records = [];
        byteCount = 0;
        lostCount = 0;
        return taken;
      },
      end: () => void this.#followers.delete(listen),
    };
  }

  #see(kind: LineRecord["kind"], bytes: Uint8Array): void {
    const nowMs = this.#clock.monotonicMs();
    this.#trace.record(kind, bytes, nowMs);
    if (this.#followers.size === 0) return;
    const record = { kind, atMs: this.#toUtc()(nowMs), bytes: Uint8Array.from(bytes) };
    for (const listen of this.#followers) listen(record);
  }

  #toUtc(): (atMs: number) => number {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    return (atMs) => atMs + offsetMs;
  }
}
