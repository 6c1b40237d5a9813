import type { Lang } from "../config/messages.ts";
import type { GatewayStatus, PointView } from "../status.ts";
import type { PartState } from "../supervise.ts";
import { reasonInChinese } from "./reasons-in-chinese.ts";

/** More than a person reads on such a page; the rest is counted. */
const POINTS_MAX = 500;
const REFRESH_SECONDS = 15;
/** It loads nothing and runs nothing. */
export const PLAIN_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const TEXTS = {
  en: {
    title: "plain page",
    page: "The page",
    other: ["zh", "中文"],
    at: "As of",
    channels: "Channels",
    uplinks: "Uplinks",
    points: "Points",
    state: "State",
    devices: "Devices",
    backlog: "Blocks waiting",
    acked: "Last acknowledged",
    value: "Value",
    time: "Time",
    buffer: "Buffer",
    used: "used",
    of: "of",
    more: "more points",
    up: "up",
    opening: "being opened",
    down: "down",
  },
  zh: {
    title: "简易页面",
    page: "完整页面",
    other: ["en", "English"],
    at: "时间",
    channels: "通道",
    uplinks: "上行链路",
    points: "点位",
    state: "状态",
    devices: "设备",
    backlog: "待发数据块",
    acked: "最近一次确认",
    value: "数值",
    time: "时间",
    buffer: "缓存",
    used: "已用",
    of: "共",
    more: "个其他点位",
    up: "在线",
    opening: "正在打开",
    down: "断开",
  },
} as const;

/** Status and values as HTML without a script: for browsers that are too old for the page. */
export function plainPage(status: GatewayStatus, points: readonly PointView[], lang: Lang): string {
  const text = TEXTS[lang];
  const { gateway, channels, uplinks, buffer } = status;
  const reasonOf = (reason: string) => (lang === "zh" ? reasonInChinese(reason) : reason);
  const timeOf = (atMs: number | null) => (atMs === null ? "–" : localTime(atMs, gateway.timezone));
  const stateOf = (state: PartState) => {
    if (state.kind === "up" || state.kind === "opening") return text[state.kind];
    return `${text.down}: ${reasonOf(state.reason)}`;
  };
  const shownOf = ({ quality, value, unit, reason }: PointView) => {
    if (quality === "bad") return reasonOf(reason ?? "");
    const short = typeof value === "number" ? Number(value.toPrecision(7)) : value;
    return short === null ? "–" : `${short} ${unit}`;
  };
  const [otherLang, otherName] = text.other;
  const name = gateway.name || gateway.id;
  const left = points.length - POINTS_MAX;
  return `<!doctype html>
<html lang="${lang === "zh" ? "zh-CN" : "en"}"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)} – ${text.title}</title></head><body>
<h1>${escaped(name)}</h1>
<p>${text.at} ${timeOf(status.atMs)} · <a href="plain?lang=${otherLang}">${otherName}</a> ·
<a href="../">${text.page}</a></p>
<h2>${text.channels}</h2>
${table(
  [text.channels, text.devices, text.state],
  channels.map(({ id, devices, state }) => [id, devices.join(", "), stateOf(state)]),
)}
<h2>${text.points}</h2>
${table(
  [text.points, text.value, text.time],
  points.slice(0, POINTS_MAX).map((point) => [point.id, shownOf(point), timeOf(point.timestampMs)]),
)}
${left > 0 ? `<p>+ ${left} ${text.more}</p>` : ""}
<h2>${text.buffer}</h2>
<p>${mib(buffer.usedBytes)} ${text.used}, ${text.of} ${mib(buffer.capacityBytesMax)}</p>
${buffer.problems.map((problem) => `<p>${escaped(reasonOf(problem))}</p>`).join("")}
<h2>${text.uplinks}</h2>
${table(
  [text.uplinks, text.state, text.acked, text.backlog],
  uplinks.map(({ id, state, lastAckMs, backlog }) => {
    return [id, stateOf(state), timeOf(lastAckMs), String(backlog.blocks)];
  }),
)}
</body></html>
`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (cell: "td" | "th", texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${cell} align="left">${escaped(text)}</${cell}>`).join("")}</tr>`;
  const body = rows.map((row) => cells("td", row)).join("\n");
  return `<table border="1" cellpadding="6" cellspacing="0">${cells("th", heads)}\n${body}</table>`;
}

function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return text.replace(/[&<>]/g, (sign) => signs[sign] ?? sign).replaceAll('"', "&quot;");
}

function localTime(atMs: number, timeZone: string): string {
  const style = { dateStyle: "short", timeStyle: "medium", timeZone } as const;
  return `${new Intl.DateTimeFormat("sv-SE", style).format(atMs)} (${timeZone})`;
}

const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
