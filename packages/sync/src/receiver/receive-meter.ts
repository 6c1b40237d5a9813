import { countOf } from "../ranges.ts";
import type { Seen } from "./hole-watch.ts";
import { type MetricFamily, metricsText } from "./metrics-text.ts";
import { SinkMeter } from "./sinks/sink-meter.ts";
import type { Arrival, Verdict } from "./store.ts";

/** Upper bounds of the buckets of commit durations, in seconds. */
const COMMIT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Why a message as a whole is not taken. */
export type Refusal = "other-gateway" | "malformed";

/** How far one gateway's record lags behind what is known to exist. */
export interface Lag {
  /** Blocks that exist and are not accounted for; and those of them below the highest that is. */
  readonly missingCount: number;
  readonly holeCount: number;
}

/** Of all epochs of each gateway together. */
export class Lags {
  readonly #lags = new Map<string, Lag>();

  add({ gatewayId, covered, target }: Seen): void {
    const highest = covered.at(-1)?.last ?? 0;
    const holes = highest - countOf(covered);
    const before = this.#lags.get(gatewayId) ?? { missingCount: 0, holeCount: 0 };
    this.#lags.set(gatewayId, {
      missingCount: before.missingCount + holes + Math.max(0, target - highest),
      holeCount: before.holeCount + holes,
    });
  }

  [Symbol.iterator](): MapIterator<[string, Lag]> {
    return this.#lags.entries();
  }
}

interface GatewayMeter {
  blocks: number;
  samples: number;
  gaps: number;
  thinned: number;
  duplicates: number;
  conflicts: number;
  refused: number;
  newestMs: number | null;
  lag: Lag;
  /** Since when something is missing, monotonic; null while nothing is. */
  missingSinceMs: number | null;
}

/** What a receiver counts while it runs, for Prometheus. One may serve many shards. */
export class ReceiveMeter {
  readonly #gateways = new Map<string, GatewayMeter>();
  readonly #commits = { count: 0, seconds: 0, buckets: COMMIT_BUCKETS.map(() => 0) };
  readonly #refusals = new Map<Refusal, number>([
    ["other-gateway", 0],
    ["malformed", 0],
  ]);
  #shards: readonly string[] | null = null;
  /** What waits to be handed on. */
  readonly sinks = new SinkMeter();

  /** One transaction, and what became of each arrival. */
  committed(arrivals: readonly Arrival[], verdicts: readonly Verdict[], durationMs: number): void {
    const seconds = durationMs / 1000;
    this.#commits.count++;
    this.#commits.seconds += seconds;
    COMMIT_BUCKETS.forEach((bound, at) => {
      if (seconds <= bound) this.#commits.buckets[at] = (this.#commits.buckets[at] ?? 0) + 1;
    });
    arrivals.forEach((arrival, at) => {
      this.#count(arrival, verdicts[at] as Verdict);
    });
  }

  /** A message that was not taken at all. Whose it is nobody knows: its names may be forged. */
  refused(why: Refusal): void {
    this.#refusals.set(why, (this.#refusals.get(why) ?? 0) + 1);
  }

  #count({ gatewayId, entry }: Arrival, verdict: Verdict): void {
    const own = this.#gateway(gatewayId);
    if (verdict === "duplicate") own.duplicates++;
    if (verdict === "conflict") own.conflicts++;
    if (verdict === "refused") own.refused++;
    if (verdict !== "stored") return;
    if (entry.kind === "gap") own.gaps++;
    else if (entry.kind === "thinned") own.thinned++;
    else {
      own.blocks++;
      own.samples += entry.sampleCount;
      if (entry.sampleCount > 0) own.newestMs = Math.max(own.newestMs ?? entry.toMs, entry.toMs);
    }
  }

  /** Where a gateway stands; to be told about once a second. */
  stands(gatewayId: string, lag: Lag, monotonicMs: number): void {
    const own = this.#gateway(gatewayId);
    own.lag = lag;
    own.missingSinceMs = lag.missingCount === 0 ? null : (own.missingSinceMs ?? monotonicMs);
  }

  /** Its shard is another's now. */
  forget(gatewayIds: Iterable<string>): void {
    for (const gatewayId of gatewayIds) this.#gateways.delete(gatewayId);
  }

  /** Which shards are ours. */
  owns(shards: readonly string[]): void {
    this.#shards = shards;
  }

  /** All of it as Prometheus reads it. */
  text(monotonicMs: number): string {
    return metricsText([
      ...COUNTERS.map(([name, help, of]) => this.#perGateway(`${name}_total`, help, of)),
      this.#refusedMessages(),
      ...this.#gauges(monotonicMs),
      this.#commitDurations(),
      ...this.#owned(),
    ]);
  }

  #refusedMessages(): MetricFamily {
    return {
      name: "headgate_receiver_refused_messages_total",
      help: "Messages not taken: they speak for another gateway, or are not of the protocol.",
      type: "counter",
      values: [...this.#refusals].map(([why, value]) => ({ labels: { why }, value })),
    };
  }

  #gauges(monotonicMs: number): MetricFamily[] {
    const sinceOf = ({ missingSinceMs }: GatewayMeter) =>
      missingSinceMs === null ? 0 : (monotonicMs - missingSinceMs) / 1000;
    const newestOf = ({ newestMs }: GatewayMeter) => (newestMs === null ? null : newestMs / 1000);
    return [
      this.#perGateway(
        "headgate_receiver_missing_blocks",
        "Blocks the gateway has told of, or that lie below others, and that are not here yet.",
        ({ lag }) => lag.missingCount,
      ),
      this.#perGateway(
        "headgate_receiver_hole_blocks",
        "Blocks below the highest one here that are neither stored nor recorded as gone.",
        ({ lag }) => lag.holeCount,
      ),
      this.#perGateway(
        "headgate_receiver_missing_seconds",
        "How long something of the gateway has been missing without a break; 0: complete.",
        sinceOf,
      ),
      this.#perGateway(
        "headgate_receiver_newest_sample_timestamp_seconds",
        "Time of the newest sample stored since the start, of the gateway's clock.",
        newestOf,
      ),
    ];
  }

  #perGateway(
    name: string,
    help: string,
    of: (gateway: GatewayMeter) => number | null,
  ): MetricFamily {
    const values = [...this.#gateways].flatMap(([gateway, own]) => {
      const value = of(own);
      return value === null ? [] : [{ labels: { gateway }, value }];
    });
    return { name, help, type: name.endsWith("_total") ? "counter" : "gauge", values };
  }

  #commitDurations(): MetricFamily {
    const { count, seconds, buckets } = this.#commits;
    const name = "headgate_receiver_commit_seconds";
    const below = COMMIT_BUCKETS.map((bound, at) => {
      return { suffix: "_bucket", labels: { le: String(bound) }, value: buckets[at] ?? 0 };
    });
    const all = { suffix: "_bucket", labels: { le: "+Inf" }, value: count };
    const totals = [
      { suffix: "_sum", labels: {}, value: seconds },
      { suffix: "_count", labels: {}, value: count },
    ];
    const help = "How long a transaction of the store takes.";
    return { name, help, type: "histogram", values: [...below, all, ...totals] };
  }

  #owned(): MetricFamily[] {
    if (this.#shards === null) return [];
    const values = this.#shards.map((shard) => ({ labels: { shard }, value: 1 }));
    const help = "Shards that this receiver owns.";
    return [
      { name: "headgate_receiver_shard_owned", help, type: "gauge", values },
      {
        name: "headgate_receiver_shards_owned",
        help: "How many shards this receiver owns.",
        type: "gauge",
        values: [{ labels: {}, value: this.#shards.length }],
      },
    ];
  }

  #gateway(gatewayId: string): GatewayMeter {
    const known = this.#gateways.get(gatewayId);
    if (known) return known;
    const counts = { blocks: 0, samples: 0, gaps: 0, thinned: 0 };
    const drops = { duplicates: 0, conflicts: 0, refused: 0 };
    const lag = { missingCount: 0, holeCount: 0 };
    const fresh = { ...counts, ...drops, newestMs: null, lag, missingSinceMs: null };
    this.#gateways.set(gatewayId, fresh);
    return fresh;
  }
}

const COUNTERS: readonly [string, string, (gateway: GatewayMeter) => number][] = [
  ["headgate_receiver_blocks", "Blocks stored since the start.", ({ blocks }) => blocks],
  ["headgate_receiver_samples", "Samples stored since the start.", ({ samples }) => samples],
  ["headgate_receiver_gaps", "Gap records taken since the start.", ({ gaps }) => gaps],
  ["headgate_receiver_thinned", "Thinned entries taken since the start.", ({ thinned }) => thinned],
  [
    "headgate_receiver_duplicates",
    "Blocks that came again and were dropped.",
    ({ duplicates }) => duplicates,
  ],
  [
    "headgate_receiver_conflicts",
    "Blocks that came with other contents than before.",
    ({ conflicts }) => conflicts,
  ],
  [
    "headgate_receiver_refused",
    "Blocks that cannot be kept: damaged, or odd.",
    ({ refused }) => refused,
  ],
];
