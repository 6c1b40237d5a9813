import type { GatewayStatus, PointView } from "@headgate/gateway";

/** Everything the terminal shows, at one moment. */
export interface Scene {
  readonly atMs: number;
  readonly pageUrl: string;
  readonly isBrokerUp: boolean;
  readonly isMeterPlugged: boolean;
  readonly isGatewayUp: boolean;
  readonly isReceiverUp: boolean;
  readonly status: GatewayStatus | null;
  readonly points: readonly PointView[];
  readonly record: UpstreamRecord | null;
  /** What happened lately, newest last. */
  readonly news: readonly string[];
}

/** What the receiver has, of all streams together. */
export interface UpstreamRecord {
  readonly samples: number;
  readonly holes: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Of the newest sample stored; null while there is none. */
  readonly lastMs: number | null;
}

const KEYS = [
  ["b", "broker off/on"],
  ["m", "milk tank off/on"],
  ["g", "kill gateway"],
  ["r", "kill receiver"],
  ["s", "status"],
  ["q", "quit"],
] as const;

/** The whole screen as lines. */
export function drawScene(scene: Scene): string[] {
  return [
    `Headgate · virtual pasture · 虚拟牧场     ${clockText(scene.atMs)}     ${scene.pageUrl}`,
    "",
    ...drawPath(scene),
    "",
    ...drawDevices(scene),
    "",
    ...scene.news.slice(-5).map((line) => `  ${line}`),
    "",
    `  ${KEYS.map(([key, text]) => `[${key}] ${text}`).join("  ")}`,
  ];
}

/** One line for a terminal that cannot be redrawn, or for a log. */
export function sceneLine(scene: Scene): string {
  return drawPath(scene)
    .slice(1)
    .map((line) => line.trim())
    .join(" | ");
}

function drawPath({ atMs, status, record, isBrokerUp, isGatewayUp, isReceiverUp }: Scene) {
  const points = status?.points;
  const silent = points ? points.uncertain + points.silent : 0;
  const backlog = status?.uplinks.reduce((sum, uplink) => sum + uplink.backlog.blocks, 0) ?? 0;
  const up = status?.channels.filter(({ state }) => state.kind === "up").length ?? 0;
  const behindS = record?.lastMs ? Math.max(0, (atMs - record.lastMs) / 1000).toFixed(1) : "-";
  return [
    "  FIELD ─────────► POINTS ─────────► BUFFER ─────────► UPSTREAM",
    `  field: ${up} of ${status?.channels.length ?? "-"} lines up`,
    `  points: ${points?.good ?? "-"} good, ${points?.bad ?? "-"} bad, ${silent} waiting`,
    `  gateway ${word(isGatewayUp)}, ${status?.buffer.committedCount ?? "-"} samples committed ` +
      `since its start, blocks to send: ${backlog}`,
    `  broker ${word(isBrokerUp)}, receiver ${word(isReceiverUp)}, ` +
      `${record?.samples ?? 0} samples stored, ${behindS} s behind`,
    `  ${holesText(record?.holes ?? 0, backlog)}, gaps: ${record?.gaps ?? 0}, ` +
      `conflicts: ${record?.conflicts ?? 0}, duplicates dropped: ${record?.duplicates ?? 0}`,
  ];
}

function drawDevices({ points, status }: Scene): string[] {
  const devices = Map.groupBy(points, (point) => point.deviceId);
  const lines = [...devices].map(([id, own]) => {
    const bad = own.find((point) => point.quality === "bad");
    if (bad) return `  ✗ ${id.padEnd(13)} ${bad.reason}`;
    const values = own.slice(0, 3).map((point) => `${shortName(point.id)} ${valueText(point)}`);
    return `  ● ${id.padEnd(13)} ${values.join("   ")}`;
  });
  return lines.length > 0 ? lines : [status ? "  no points yet" : "  the gateway is starting …"];
}

/** While a backlog drains, live blocks come first: what is before them is on its way. */
const holesText = (holes: number, backlog: number) =>
  holes > 0 && backlog > 0 ? `blocks on their way: ${holes}` : `holes: ${holes}`;

const word = (isUp: boolean) => (isUp ? "up" : "DOWN");
const shortName = (id: string) => id.slice(id.indexOf("/") + 1);
const clockText = (ms: number) => new Date(ms).toTimeString().slice(0, 8);

function valueText({ value, unit }: PointView): string {
  if (value === null) return "–";
  const text = typeof value === "number" ? String(Math.round(value * 100) / 100) : String(value);
  return `${text.length > 28 ? `…${text.slice(-27)}` : text} ${unit}`.trim();
}
