import type { Lang } from "../config/messages.ts";
import { reasonInChinese } from "../http/reasons-in-chinese.ts";
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
  const why = lang === "zh" ? reasonInChinese(said) : said;
  if (trouble !== null) return [[where, words[trouble], "", why]];
  const says = identity ? [identity.manufacturer, identity.model].filter(Boolean).join(" ") : "";
  if (verdict === "none") {
    const rest = says === "" ? why : `${words.says} ${says}`;
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
export function progressText(event: FindEvent, foundCount: number, lang: Lang): string | null {
  if (event.kind === "note") return lang === "zh" ? reasonInChinese(event.text) : event.text;
  if (event.kind === "found") return null;
  const words = PROGRESS[lang];
  if (event.kind === "plan") return words.plan(event.lookCount, durationText(event.estimateMs));
  const { doing, line, unitId, doneCount, lookCount, leftMs } = event;
  const unit = unitId === null ? "" : words.unit(unitId);
  const left = leftMs > 0 ? words.left(durationText(leftMs)) : "";
  if (doing === "read") return words.read(`${line}${unit}`, left);
  const asked = unitId === null && doing === "look" ? words.all : unit;
  return words.look(`${line}${asked}`, `${doneCount + 1}/${lookCount}`, foundCount) + left;
}

const PROGRESS = {
  en: {
    plan: (count: number, time: string) =>
      `up to ${count} questions, ${time} if nobody answers; ` +
      "less once a device shows the line's settings; each that is found takes seconds more",
    unit: (id: number) => ` unit ${id}`,
    all: " all meters",
    left: (time: string) => `, ${time} left`,
    read: (where: string, left: string) => `${where}: reading what it is${left}`,
    look: (where: string, at: string, found: number) => `${where}: ${at}, ${found} found`,
  },
  zh: {
    plan: (count: number, time: string) =>
      `最多询问 ${count} 次，若无设备应答需 ${time}；` +
      "有设备应答、线路参数明确后会更快；每找到一台多用数秒",
    unit: (id: number) => ` 单元号 ${id}`,
    all: " 全部表计",
    left: (time: string) => `，剩余 ${time}`,
    read: (where: string, left: string) => `${where}：正在读取型号${left}`,
    look: (where: string, at: string, found: number) => `${where}：${at}，已找到 ${found} 台`,
  },
} as const;

/** "4 min 10 s". */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}
