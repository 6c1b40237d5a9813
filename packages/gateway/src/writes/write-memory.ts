import type { Clock } from "@headgate/model";
import type { JournalRecord, WriteReport } from "./write-record.ts";

/** Writes remembered, so that one that is asked for again is not sent again. */
const REMEMBERED_MAX = 1000;

const UNSENT: ReadonlySet<WriteReport["state"]> = new Set(["queued", "refused", "cancelled"]);

/** The last writes of this life and of those before, and when each point was last written. */
export class WriteMemory {
  readonly #reports = new Map<string, WriteReport>();
  /** By this life's own clock, which nobody sets; of lives before: before its beginning. */
  readonly #sentMs = new Map<string, number>();
  /** Writes of earlier lives: those of this one are whoever asked for them's. */
  readonly #inheritedIds = new Set<string>();

  inherit(record: JournalRecord, clock: Clock): void {
    if (record.kind !== "write") return;
    const { id, point, value, state, readBack, reason, by } = record;
    const stepMs = Date.parse(record.at);
    const atMs = this.#reports.get(id)?.atMs ?? stepMs;
    this.note({ id, point, value, state, readBack, reason, by, atMs });
    this.#inheritedIds.add(id);
    if (state !== "sent") return;
    // A clock that is behind tells nothing of how long ago that was: it may have been just now.
    const agoMs = Math.max(0, clock.nowMs() - stepMs);
    this.#sentMs.set(point, clock.monotonicMs() - agoMs);
  }

  note(report: WriteReport): void {
    this.#reports.delete(report.id);
    this.#reports.set(report.id, report);
    if (this.#reports.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#reports.keys();
    if (oldest === undefined) return;
    this.#reports.delete(oldest);
    this.#inheritedIds.delete(oldest);
  }

  noteSent(pointId: string, clock: Clock): void {
    this.#sentMs.set(pointId, clock.monotonicMs());
  }

  /** Null if it was never written. */
  sinceSentMs(pointId: string, clock: Clock): number | null {
    const sentMs = this.#sentMs.get(pointId);
    return sentMs === undefined ? null : clock.monotonicMs() - sentMs;
  }

  /** Whether what the device shows now may be another write's. */
  isWrittenSince({ id, point }: WriteReport): boolean {
    const later = this.list().slice(this.list().findIndex((report) => report.id === id) + 1);
    return later.some((report) => {
      return report.point === point && !UNSENT.has(report.state);
    });
  }

  get(id: string): WriteReport | undefined {
    return this.#reports.get(id);
  }

  /** The newest at the end. */
  list(): readonly WriteReport[] {
    return [...this.#reports.values()];
  }

  /** Of one point, the newest first. */
  lastOf(pointId: string, count: number): readonly WriteReport[] {
    return this.list()
      .filter(({ point }) => point === pointId)
      .slice(-count)
      .toReversed();
  }

  /** What earlier lives left in this state. */
  inherited(state: WriteReport["state"]): readonly WriteReport[] {
    return this.list().filter((report) => {
      return report.state === state && this.#inheritedIds.has(report.id);
    });
  }
}
