import { decodeColumns, ValueType } from "@headgate/sync/block";
import { decodeFrame } from "@headgate/sync/protocol";
import { Histogram } from "./statistics.ts";

/** One data block, or one JSON message, as it came to the subscriber. */
export interface Arrival {
  /** Number in its epoch; of a JSON message the block's that it came from. */
  readonly seq: number;
  readonly lane: string;
  readonly samples: number;
  readonly atMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the subscriber has counted. */
export interface ArrivalReport {
  readonly arrivals: readonly Arrival[];
  /** Payload and topic of every message with data. */
  readonly wireBytes: number;
  readonly samples: number;
  readonly twice: number;
  readonly bad: number;
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  readonly latencyMaxMs: number;
  /** Samples of the points with the fewest and the most. */
  readonly perPointMin: number;
  readonly perPointMax: number;
  readonly points: number;
}

/** Counts every sample that arrives; knows those that came before. */
export class ArrivalCounter {
  readonly #arrivals: Arrival[] = [];
  readonly #latency = new Histogram();
  readonly #seen = new Set<string>();
  readonly #perPoint = new Map<string | number, number>();
  #wireBytes = 0;
  #samples = 0;
  #twice = 0;
  #bad = 0;

  take(topic: string, payload: Buffer, atMs: number): void {
    if (payload[0] === 0x7b) this.#takeJson(topic, payload, atMs);
    else this.#takeFrame(topic, payload, atMs);
  }

  /** Latencies count from now on. */
  clearLatency(): void {
    this.#latency.clear();
  }

  report(): ArrivalReport {
    const counts = [...this.#perPoint.values()];
    return {
      arrivals: this.#arrivals,
      wireBytes: this.#wireBytes,
      samples: this.#samples,
      twice: this.#twice,
      bad: this.#bad,
      latencyP50Ms: this.#latency.quantile(0.5),
      latencyP99Ms: this.#latency.quantile(0.99),
      latencyMaxMs: this.#latency.quantile(1),
      perPointMin: counts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      perPointMax: counts.reduce((a, b) => Math.max(a, b), 0),
      points: counts.length,
    };
  }

  #takeFrame(topic: string, payload: Buffer, atMs: number): void {
    const frame = decodeFrame(payload);
    if (frame.entries.some((entry) => entry.kind === "data")) {
      this.#wireBytes += payload.length + Buffer.byteLength(topic);
    }
    for (const entry of frame.entries) {
      if (entry.kind !== "data" || !entry.body) continue;
      const { epoch, seq, sampleCount, fromMs, toMs } = entry;
      if (!this.#isNew(`${epoch}/${seq}`, sampleCount)) continue;
      this.#arrivals.push({ seq, lane: frame.lane, samples: sampleCount, atMs, fromMs, toMs });
      this.#takeColumns(entry.body, atMs);
    }
  }

  #takeColumns(body: Uint8Array, atMs: number): void {
    const { columnPoints, columnStarts, timestampsMs, types } = decodeColumns(body);
    for (let column = 0; column < columnPoints.length; column++) {
      const count = (columnStarts[column + 1] as number) - (columnStarts[column] as number);
      this.#count(columnPoints[column] as number, count);
    }
    for (let index = 0; index < timestampsMs.length; index++) {
      this.#latency.add(atMs - (timestampsMs[index] as number));
      if (types[index] === ValueType.none) this.#bad++;
    }
    this.#samples += timestampsMs.length;
  }

  #takeJson(topic: string, payload: Buffer, atMs: number): void {
    const { ts, values, q, ep, seq } = JSON.parse(payload.toString()) as {
      ts: number;
      values?: Record<string, unknown>;
      q?: Record<string, string>;
      ep: string;
      seq: number;
    };
    const names = Object.keys(values ?? {});
    if (names.length === 0) return;
    this.#wireBytes += payload.length + Buffer.byteLength(topic);
    if (!this.#isNew(`${ep}/${seq}/${topic}/${ts}/${names[0]}`, names.length)) return;
    const samples = names.length;
    this.#arrivals.push({ seq, lane: "l", samples, atMs, fromMs: ts, toMs: ts });
    for (const name of names) {
      this.#count(`${topic}/${name}`, 1);
      this.#latency.add(atMs - ts);
    }
    this.#samples += samples;
    this.#bad += Object.values(q ?? {}).filter((quality) => quality === "bad").length;
  }

  #isNew(key: string, samples: number): boolean {
    if (this.#seen.has(key)) this.#twice += samples;
    else {
      this.#seen.add(key);
      return true;
    }
    return false;
  }

  #count(point: string | number, count: number): void {
    this.#perPoint.set(point, (this.#perPoint.get(point) ?? 0) + count);
  }
}
