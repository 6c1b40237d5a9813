import type { Clock } from "@headgate/model";
import { type MetricFamily, metricsText } from "../metrics-text.ts";
import type { SinkOutbox, SinkStanding } from "./sink-outbox.ts";

/** A full queue takes long to count: it is not counted more often than this. */
const FRESH_MS = 10_000;

/** How the sinks of the stores stand that are open, for Prometheus. */
export class SinkMeter {
  readonly #outboxes = new Set<SinkOutbox>();
  #read: { readonly text: string; readonly atMs: number } | null = null;

  add(outbox: SinkOutbox): void {
    this.#outboxes.add(outbox);
  }

  forget(outbox: SinkOutbox): void {
    this.#outboxes.delete(outbox);
    this.#read = null;
  }

  /** Empty while no store is open. */
  async text(clock: Clock): Promise<string> {
    // The outboxes of all shards are of one database, and each tells of all of it.
    const [outbox] = this.#outboxes;
    if (outbox === undefined) return "";
    const atMs = clock.monotonicMs();
    if (this.#read && atMs - this.#read.atMs < FRESH_MS) return this.#read.text;
    const text = metricsText(familiesOf(await outbox.standing(), clock.nowMs()));
    this.#read = { text, atMs };
    return text;
  }
}

function familiesOf(sinks: readonly SinkStanding[], nowMs: number): MetricFamily[] {
  const family = (
    name: string,
    help: string,
    of: (sink: SinkStanding) => number,
  ): MetricFamily => ({
    name: `headgate_receiver_sink_${name}`,
    help,
    type: name.endsWith("_total") ? "counter" : "gauge",
    values: sinks.map((sink) => ({ labels: { sink: sink.sink }, value: of(sink) })),
  });
  const ageOf = ({ oldestMs }: SinkStanding) =>
    oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) / 1000;
  return [
    family("waiting", "Blocks and gaps not handed on yet.", ({ waitingCount }) => waitingCount),
    family("waiting_seconds", "How long the oldest of them has waited; 0: none waits.", ageOf),
    family("set_aside", "Refused by the sink: for a person.", ({ asideCount }) => asideCount),
    family("failing", "1 if it has taken nothing since its last fault.", ({ fault }) =>
      fault === null ? 0 : 1,
    ),
    family("handed_total", "Blocks and gaps it has taken.", ({ handedCount }) => handedCount),
    family("lost_total", "Lost from a full queue: to refill.", ({ lostCount }) => lostCount),
  ];
}
