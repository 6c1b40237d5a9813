import type { Lang } from "../../config/messages.ts";
import type { PointView } from "../../status.ts";
import type { PartState } from "../../supervise.ts";
import { reasonInChinese } from "../reasons-in-chinese.ts";
import { valueWord } from "../value-words.ts";
import type { Words } from "./texts.ts";

/** What the gateway or a device said, in the reader's language where it is known. */
export function sayReason(reason: string, lang: Lang): string {
  return lang === "zh" ? reasonInChinese(reason) : reason;
}

export function sayState(state: PartState, { say, lang }: Words): string {
  if (state.kind === "up" || state.kind === "opening") return say(state.kind);
  return `${say("down")}: ${sayReason(state.reason, lang)}`;
}

/** A value with its unit; of a bad point nothing: its reason stands beside. */
export function sayValue(point: PointView, { say, lang }: Words): string {
  const { value, unit, isInteger64 } = point;
  if (value === null) return "–";
  if (typeof value === "boolean") return say(value ? "on" : "off");
  if (isInteger64) return `${BigInt(value).toLocaleString(lang)} ${unit}`.trim();
  const word = valueWord(point, lang) ?? value;
  const shown = typeof word === "number" ? String(Number(word.toPrecision(7))) : word;
  return `${shown} ${unit}`.trim();
}

/** "2026-11-20 20:11:04 (Asia/Shanghai)", as it is at the site. */
export function siteTime(atMs: number | null, timeZone: string): string {
  if (atMs === null) return "–";
  const style = { dateStyle: "short", timeStyle: "medium", timeZone } as const;
  return `${new Intl.DateTimeFormat("sv-SE", style).format(atMs)} (${timeZone})`;
}

export const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** How a point's value is to be taken. */
export type BasicMark = "bad" | "silent" | "stale" | "uncertain" | "good";

/** The worst first. */
export const BASIC_MARKS: readonly BasicMark[] = ["bad", "silent", "stale", "uncertain", "good"];
export const MARK_TEXTS = {
  bad: "qualityBad",
  silent: "qualitySilent",
  stale: "qualityStale",
  uncertain: "qualityUncertain",
  good: "qualityGood",
} as const;

const STALE_INTERVALS = 3;
const STALE_MS_MIN = 5_000;

export function markOf(point: PointView, nowMs: number): BasicMark {
  const { quality, intervalMs, timestampMs } = point;
  if (quality === "bad" || quality === "silent") return quality;
  if (intervalMs === null || timestampMs === null) return quality;
  const isOld = nowMs - timestampMs > Math.max(STALE_MS_MIN, STALE_INTERVALS * intervalMs);
  return isOld ? "stale" : quality;
}
