import type { Lang } from "../config/messages.ts";
import type { FindEvent, FoundDevice, Proposal } from "./found-device.ts";
import { nameOf } from "./snippet.ts";

type Row = readonly [where: string, what: string, fit: string, values: string];

/** What was found, a row each; more where several profiles fit. */
export function foundRows(found: readonly FoundDevice[], lang: Lang): Row[] {
  const rows = found.flatMap((one) => rowsOf(one, lang));
  if (rows.length === 0) return [];
  const [where, what, fit, now] = lang === "zh" ? HEAD_ZH : HEAD_EN;
  return [[where, what, fit, now], ...rows];
}

const HEAD_EN = ["WHERE", "WHAT", "FIT", "SHOWS NOW"] as const;
const HEAD_ZH = ["位置", "设备", "匹配", "当前值"] as const;

function rowsOf(found: FoundDevice, lang: Lang): Row[] {
  const { where, trouble, verdict, proposals, said, identity } = found;
  const words = WORDS[lang];
  if (trouble !== null) return [[where, words[trouble], "", said]];
  const says = identity ? [identity.manufacturer, identity.model].filter(Boolean).join(" ") : "";
  if (verdict === "none") {
    const rest = says === "" ? said : `${words.says} ${says}`;
    return [[where, words.none, "", rest]];
  }
  return proposals.map((proposal, index): Row => {
    const doubt = verdict === "weak" ? words.weak : index > 0 ? words.or : "";
    const what = `${doubt}${proposal.name[lang]} (${nameOf(proposal.profile, proposal.variant)})`;
    return [index === 0 ? where : "", what, `${proposal.score} %`, valuesText(proposal)];
  });
}

const WORDS = {
  en: {
    conflict: "two devices answer: disconnect one, and give the other another id",
    garbled: "garbled answers: two devices of one id, or a bad line",
    none: "unknown: no profile fits; look at it with headgate inspect",
    weak: "perhaps ",
    or: "or ",
    says: "it says",
  },
  zh: {
    conflict: "有两台设备应答：请先断开一台，给另一台改地址",
    garbled: "应答混乱：两台设备同一地址，或线路不良",
    none: "未知：没有匹配的型号；可用 headgate inspect 查看",
    weak: "可能是 ",
    or: "或 ",
    says: "自报",
  },
} as const;

function valuesText({ values }: Proposal): string {
  return values.map(({ value, unit }) => `${value}${unit === "" ? "" : ` ${unit}`}`).join(", ");
}

/** One line on how far a search is; null where there is nothing to say. */
export function progressText(event: FindEvent, foundCount: number): string | null {
  if (event.kind === "note") return event.text;
  if (event.kind === "plan") {
    const time = durationText(event.estimateMs);
    const rest =
      "less once a device shows the line's settings; each that is found takes seconds more";
    return `up to ${event.lookCount} questions, ${time} if nobody answers; ${rest}`;
  }
  if (event.kind === "found") return null;
  const { doing, line, unitId, doneCount, lookCount, leftMs } = event;
  const unit = unitId === null ? "" : ` unit ${unitId}`;
  const asked = unitId === null && doing === "look" ? " all meters" : unit;
  const left = leftMs > 0 ? `, ${durationText(leftMs)} left` : "";
  if (doing === "read") return `${line}${unit}: reading what it is${left}`;
  return `${line}${asked}: ${doneCount + 1}/${lookCount}, ${foundCount} found${left}`;
}

/** "4 min 10 s". */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}
