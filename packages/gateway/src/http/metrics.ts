import type { GatewayStatus, GatewayView } from "../status.ts";

type Value = { readonly labels?: Record<string, string>; readonly value: number };

/** Every metric: its name, its help, and its values in a status. */
const METRICS: readonly {
  readonly name: string;
  readonly help: string;
  readonly values: (status: GatewayStatus) => readonly Value[];
}[] = [
  {
    name: "headgate_points",
    help: "Points by the quality of their last sample.",
    values: ({ points }) =>
      Object.entries(points).map(([quality, value]) => ({ labels: { quality }, value })),
  },
  {
    name: "headgate_channel_up",
    help: "1 while the channel's line is up.",
    values: perChannel(({ state }) => (state.kind === "up" ? 1 : 0)),
  },
  {
    name: "headgate_channel_scans_total",
    help: "Scans done.",
    values: perChannel(({ counters }) => counters.scanCount),
  },
  {
    name: "headgate_channel_missed_scans_total",
    help: "Scans left out because an earlier one took too long.",
    values: perChannel(({ counters }) => counters.missedScanCount),
  },
  {
    name: "headgate_channel_samples_total",
    help: "Samples read or received.",
    values: perChannel(({ counters }) => counters.sampleCount),
  },
  {
    name: "headgate_channel_last_scan_seconds",
    help: "How long the last scan took.",
    values: perChannel(({ counters }) => counters.lastScanMs / 1000),
  },
  {
    name: "headgate_buffer_appended_samples_total",
    help: "Samples handed to the buffer since start.",
    values: ({ buffer }) => [{ value: buffer.appendedCount }],
  },
  {
    name: "headgate_buffer_committed_samples_total",
    help: "Samples durable in the buffer since start.",
    values: ({ buffer }) => [{ value: buffer.committedCount }],
  },
  {
    name: "headgate_buffer_dropped_samples_total",
    help: "Samples lost since start; each loss is a gap record.",
    values: ({ buffer }) => [{ value: buffer.droppedCount }],
  },
  {
    name: "headgate_buffer_samples",
    help: "What became of every sample that the buffer's file ever took: stored, thinned or gone.",
    values: ({ buffer: { totals } }) => [
      { labels: { fate: "taken" }, value: totals.takenCount },
      { labels: { fate: "stored" }, value: totals.storedCount },
      { labels: { fate: "thinned" }, value: totals.thinnedCount },
      { labels: { fate: "gone" }, value: totals.goneCount },
    ],
  },
  {
    name: "headgate_buffer_acknowledged_bytes",
    help: "Bytes kept for a receiver that asks again, though every uplink has them.",
    values: ({ buffer }) => [{ value: buffer.ackedBytes }],
  },
  {
    name: "headgate_buffer_used_bytes",
    help: "Bytes of samples the buffer holds on disk.",
    values: ({ buffer }) => [{ value: buffer.usedBytes }],
  },
  {
    name: "headgate_buffer_capacity_bytes",
    help: "Bytes of samples the buffer may hold.",
    values: ({ buffer }) => [{ value: buffer.capacityBytesMax }],
  },
  {
    name: "headgate_buffer_media_used_bytes",
    help: "Bytes of pictures the buffer holds on disk; absent while there were none.",
    values: ({ buffer: { media } }) => (media ? [{ value: media.usedBytes }] : []),
  },
  {
    name: "headgate_buffer_media_capacity_bytes",
    help: "Bytes of pictures the buffer may hold; absent while there were none.",
    values: ({ buffer: { media } }) => (media ? [{ value: media.capacityBytesMax }] : []),
  },
  {
    name: "headgate_buffer_stream_used_bytes",
    help: "Bytes that a stream (main: samples, events, media: pictures) takes of its capacity.",
    values: perStream(({ usedBytes }) => usedBytes),
  },
  {
    name: "headgate_buffer_stream_capacity_bytes",
    help: "Bytes that a stream may take.",
    values: perStream(({ capacityBytesMax }) => capacityBytesMax),
  },
  {
    name: "headgate_buffer_stream_thinned_samples_total",
    help: "Samples that became minutes, over the life of the buffer's file.",
    values: perStream(({ thinnedCount }) => thinnedCount),
  },
  {
    name: "headgate_buffer_stream_gone_samples_total",
    help: "Samples of which only gap records tell, by reason, over the life of the buffer's file.",
    values: ({ buffer: { fills } }) =>
      fills.flatMap(({ stream, goneCounts }) =>
        Object.entries(goneCounts).map(([reason, value]) => {
          return { labels: { stream, reason }, value };
        }),
      ),
  },
  {
    name: "headgate_clock_synced",
    help: "1 while the clock is known to be right; absent where nothing is known of it.",
    values: ({ buffer: { clock } }) => (clock ? [{ value: clock.isSynced ? 1 : 0 }] : []),
  },
  {
    name: "headgate_clock_steps_total",
    help: "Times that the clock was set since the machine started.",
    values: ({ buffer: { clock } }) => (clock ? [{ value: clock.stepCount }] : []),
  },
  {
    name: "headgate_uplink_up",
    help: "1 while the uplink has a session.",
    values: perUplink(({ state }) => (state.kind === "up" ? 1 : 0)),
  },
  {
    name: "headgate_uplink_backlog_blocks",
    help: "Blocks that the far side has not acknowledged.",
    values: perUplink(({ backlog }) => backlog.blocks),
  },
  {
    name: "headgate_uplink_silent_seconds",
    help: "How long a receiver has acknowledged nothing of what it is sent; 0 below a minute.",
    values: perUplink(
      ({ silentReceivers }) => Math.max(0, ...silentReceivers.map(({ forMs }) => forMs)) / 1000,
    ),
  },
  {
    name: "headgate_uplink_month_used_bytes",
    help: "Bytes over the wire in this month, both ways; absent without a monthly budget.",
    values: perUplink(({ pace }) => pace?.month?.usedBytes ?? null),
  },
  {
    name: "headgate_uplink_month_limit_bytes",
    help: "Bytes that a month allows; absent without a monthly budget.",
    values: perUplink(({ pace }) => pace?.month?.bytesMax ?? null),
  },
];

function perStream(value: (fill: GatewayStatus["buffer"]["fills"][number]) => number) {
  return ({ buffer }: GatewayStatus) =>
    buffer.fills.map((fill) => ({ labels: { stream: fill.stream }, value: value(fill) }));
}

function perChannel(value: (channel: GatewayStatus["channels"][number]) => number) {
  return ({ channels }: GatewayStatus) =>
    channels.map((channel) => ({ labels: { channel: channel.id }, value: value(channel) }));
}

function perUplink(figureOf: (uplink: GatewayStatus["uplinks"][number]) => number | null) {
  return ({ uplinks }: GatewayStatus) =>
    uplinks.flatMap((uplink) => {
      const value = figureOf(uplink);
      return value === null ? [] : [{ labels: { uplink: uplink.id }, value }];
    });
}

/** The text of `/metrics`, made from the status at each call, with the process's own figures. */
export async function createMetrics(gateway: GatewayView): Promise<() => Promise<string>> {
  // The default export: in a bundle a CommonJS package has no other.
  const { default: prom } = await import("prom-client");
  const { collectDefaultMetrics, Counter, Gauge, Registry } = prom;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, values } of METRICS) {
    // The counting is the gateway's: each call sets what a metric holds anew.
    const each = (set: (labels: Record<string, string>, value: number) => void) => {
      const status = gateway.status();
      for (const { labels, value } of status ? values(status) : []) set(labels ?? {}, value);
    };
    const options = {
      name,
      help,
      labelNames: ["quality", "fate", "channel", "uplink", "stream", "reason"],
    };
    if (name.endsWith("_total")) {
      const counter = new Counter({
        ...options,
        registers: [registry],
        collect() {
          counter.reset();
          each((labels, value) => counter.inc(labels, value));
        },
      });
    } else {
      const gauge = new Gauge({
        ...options,
        registers: [registry],
        collect() {
          gauge.reset();
          each((labels, value) => gauge.set(labels, value));
        },
      });
    }
  }
  return async () => withoutNothing(await registry.metrics());
}

/** A measurement of the event loop that has not begun yet says NaN, or the largest integer. */
function withoutNothing(text: string): string {
  return text.replaceAll(/^nodejs_eventloop_lag_\S+ (?:nan|9223372036\.\d+)\n/gim, "");
}
