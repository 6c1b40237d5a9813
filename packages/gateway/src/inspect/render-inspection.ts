import type { InspectedWord, Interpretation } from "@headgate/model";
import type { Lang } from "../config/messages.ts";
import type { InspectReport } from "./inspect-device.ts";
import { reasonText, verdictText } from "./inspect-reasons.ts";

const TEXTS = {
  en: {
    head: ["REGISTER", "HEX", "BINARY", "UINT16", "INT16", "TEXT", ""],
    list: ["", "VALUE", "ADDRESS", "TYPE", "ORDER", "BYTES", "SCALE", "BECAUSE"],
    changed: "changed between two reads",
    shows: "the display shows",
    unit: "unit",
    elsewhere: (address: string, other: string) =>
      `The device refuses ${address} and gives ${other}: inspect that.`,
    write: (device: string) => `To be written under devices → ${device} → points:`,
    forAll: (order: string) =>
      `If its other points read nonsense too, write "order: ${order}" at the device itself.`,
  },
  zh: {
    head: ["寄存器", "十六进制", "二进制", "UINT16", "INT16", "字符", ""],
    list: ["", "数值", "地址", "类型", "顺序", "字节", "倍率", "理由"],
    changed: "两次读取之间有变化",
    shows: "显示屏显示",
    unit: "单元号",
    elsewhere: (address: string, other: string) =>
      `设备拒绝 ${address}，但可以读取 ${other}：请改查该地址。`,
    write: (device: string) => `请写入 devices → ${device} → points：`,
    forAll: (order: string) => `如果该设备其他测点也不合理，请在设备一级写 "order: ${order}"。`,
  },
} as const;

type Texts = (typeof TEXTS)[Lang];

/** The whole answer for a person: the words, what they may mean, and the line to write. */
export function renderInspection(report: InspectReport, lang: Lang): string {
  const texts = TEXTS[lang];
  const { device, unit, address, hints, words, interpretations, verdict } = report;
  const { elsewhere, line } = report;
  const shown = hints.shows === null ? "" : `, ${texts.shows} ${hints.shows}`;
  const list = interpretations.map((one, index) => interpretationRow(one, index, lang));
  const parts = [
    `${device} (${texts.unit} ${unit}), ${address}${shown}`,
    table([texts.head, ...words.map((word) => wordRow(word, texts))]),
    ...(list.length > 0 ? [table([texts.list, ...list])] : []),
    elsewhere === null
      ? verdictText(verdict, hints.shows !== null, lang)
      : texts.elsewhere(address, elsewhere),
  ];
  if (line !== null) parts.push(`${texts.write(device)}\n  ${line}${advice(report, texts)}`);
  return `${parts.join("\n\n")}\n`;
}

function advice({ interpretations }: InspectReport, texts: Texts): string {
  const order = interpretations[0]?.settings.order ?? "ABCD";
  return /^(CDAB|BADC|DCBA)$/.test(order) ? `\n${texts.forAll(order)}` : "";
}

function wordRow({ address, offset, word, hasChanged, refusal }: InspectedWord, texts: Texts) {
  const name = `${offset === 0 ? ">" : " "} ${address}`;
  if (word === null) return [name, "-", refusal ?? ""];
  const hex = word.toString(16).toUpperCase().padStart(4, "0");
  const binary = word.toString(2).padStart(16, "0").replace(/^.{8}/, "$& ");
  const text = [word >> 8, word & 0xff].map(printable).join("");
  return [
    name,
    hex,
    binary,
    String(word),
    String((word << 16) >> 16),
    text,
    hasChanged ? texts.changed : "",
  ];
}

function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
}

function interpretationRow(
  { settings, value, bytes, reasons }: Interpretation,
  index: number,
  lang: Lang,
): string[] {
  const { address, type, order, scale } = settings;
  const because = reasons
    .map((reason) => reasonText(reason, lang))
    .join(lang === "zh" ? "；" : "; ");
  const row = [String(value), address, type, order ?? "-", bytes, String(scale), because];
  return [index === 0 ? ">" : " ", ...row];
}

/** Columns as wide as they need to be; a Chinese character takes two places. */
function table(rows: readonly (readonly string[])[]): string {
  const last = Math.max(...rows.map((row) => row.length)) - 1;
  const widths = Array.from({ length: last }, (_, column) =>
    Math.max(...rows.map((row) => (row.length > column + 1 ? widthOf(row[column] ?? "") : 0))),
  );
  const cell = (text: string, column: number) =>
    text + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(text)));
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}

function widthOf(text: string): number {
  return [...text].reduce((sum, one) => sum + (/[⺀-￯]/u.test(one) ? 2 : 1), 0);
}
