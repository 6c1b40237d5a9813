import type { Lang } from "../config/messages.ts";
import {
  addressOf,
  HEX_ADDRESS,
  POINT_COLUMNS,
  type PointColumn,
  tableBefore,
} from "./point-columns.ts";

/** A point as a row gives it: the keys of a profile's point. */
export type ImportedPoint = Readonly<Record<string, unknown>>;

/** What became of each row. */
export interface ImportedTable {
  readonly points: ReadonlyMap<string, ImportedPoint>;
  readonly rows: readonly ImportedRow[];
  /** Titles that mean nothing here; their columns were left out. */
  readonly unknownTitles: readonly string[];
}

interface ImportedRow {
  /** As the spreadsheet counts, from 1. */
  readonly row: number;
  readonly name: string;
  /** Why it was refused; null if it was taken. */
  readonly why: string | null;
}

/** Why a table has no points at all. */
export class NoTable extends Error {
  override name = "NoTable";
}

/** More titles than anybody gives; each row is looked at for each of them. */
const COLUMNS_MAX = 256;

/** The drivers whose points a table may have. */
export const FAMILIES = ["modbus", "dlt645", "cjt188"] as const;
export type Family = (typeof FAMILIES)[number];

/** The points of a table whose first row has titles, English or Chinese. */
export function importTable(
  rows: readonly (readonly string[])[],
  lang: Lang,
  family: Family = "modbus",
): ImportedTable {
  const titleAt = titleRowOf(rows);
  if (titleAt === null) throw new NoTable(withoutTitles(rows, lang));
  const titles = titlesOf(rows[titleAt] ?? []);
  const columns = titles.map(columnOf);
  const points = new Map<string, ImportedPoint>();
  const told: ImportedRow[] = [];
  for (const [index, row] of rows.entries()) {
    if (index <= titleAt || row.every((cell) => cell.trim() === "")) continue;
    const { name, point, why } = readRow(row, columns, { lang, family });
    const twice = points.has(name)
      ? say(lang, `"${name}" was there before`, `“${name}”重复`)
      : null;
    const refused = why ?? twice;
    told.push({ row: index + 1, name, why: refused });
    if (refused === null) points.set(name, point);
  }
  const unknownTitles = titles.filter((title, index) => title !== "" && !columns[index]);
  return { points, rows: told, unknownTitles };
}

/** Headings may stand above the titles. */
const HEAD_ROWS_MAX = 20;
type Rows = readonly (readonly string[])[];

/** The row with the titles of name and address; null if there is none. */
export function titleRowOf(rows: Rows): number | null {
  const at = rows.slice(0, HEAD_ROWS_MAX).findIndex((row) => {
    const keys = titlesOf(row).map((title) => columnOf(title)?.key);
    return keys.includes("name") && keys.includes("address");
  });
  return at < 0 ? null : at;
}

function titlesOf(row: readonly string[]): string[] {
  return row.slice(0, COLUMNS_MAX).map((cell) => cell.replace("\uFEFF", "").trim());
}

function withoutTitles(rows: Rows, lang: Lang): string {
  const [first = []] = rows.filter((row) => row.some((cell) => cell.trim() !== ""));
  const found = titlesOf(first).filter((title) => title !== "");
  const shown = found.slice(0, TITLES_SHOWN_MAX).join(", ") || say(lang, "nothing", "空");
  return say(
    lang,
    `a row with the titles "point" and "address" is missing; the first row has ${shown}`,
    `缺少含“测点”和“地址”列名的一行；第一行为 ${shown}`,
  );
}

const TITLES_SHOWN_MAX = 12;
const HEX = /\((?:hex|16进制|十六进制)\)$/;

const BY_TITLE: ReadonlyMap<string, PointColumn> = new Map(
  POINT_COLUMNS.toReversed().flatMap((column) => {
    const { key, titles, others } = column;
    return [key.toLowerCase(), titles.en, titles.zh, ...others].map(
      (title) => [title, column] as const,
    );
  }),
);

/** A title as people write it: 地址（十六进制）, Address (hex), 倍率 (scale). */
function columnOf(title: string): PointColumn | null {
  if (title === "") return null;
  const small = title.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ").trim();
  const isHex = HEX.test(small);
  const plain = small.replace(/ ?\((?:hex|dec|16进制|10进制|十六进制|十进制)\)$/, "");
  const column = BY_TITLE.get(plain) ?? null;
  return isHex && column?.key === "address" ? HEX_ADDRESS : column;
}

function formulaText(cell: string, lang: Lang): string {
  return say(
    lang,
    `"${cell}" is a formula without a result: save it in Excel first`,
    `“${cell}”是没有结果的公式，请先在 Excel 中保存`,
  );
}

/** What a formula comes to that leads nowhere. */
const SHEET_ERROR = /^#(REF!|N\/A|VALUE!|NAME\?|DIV\/0!|NULL!|NUM!)$/;

function readRow(
  row: readonly string[],
  columns: readonly (PointColumn | null)[],
  { lang, family }: { readonly lang: Lang; readonly family: Family },
) {
  const point: Record<string, unknown> = {};
  const reasons: string[] = [];
  for (const [index, column] of columns.entries()) {
    const cell = (row[index] ?? "").trim();
    if (!column || cell === "") continue;
    if (SHEET_ERROR.test(cell)) {
      reasons.push(say(lang, `${cell} is an error of the spreadsheet`, `${cell} 是表格中的错误`));
      continue;
    }
    if (cell.startsWith("=") && column.key !== "name") {
      reasons.push(`${column.titles[lang]}: ${formulaText(cell, lang)}`);
      continue;
    }
    const isItem = column.key === "address" && family !== "modbus";
    const read = isItem ? addressOf(family, cell) : column.read(cell);
    if ("why" in read) reasons.push(`${column.titles[lang]}: ${read.why[lang]}`);
    else point[column.key] = read.value;
  }
  const place = (row[columns.findIndex((column) => column?.key === "address")] ?? "").trim();
  const table = family === "modbus" ? tableBefore(place) : undefined;
  if (table !== undefined && table !== (point.table ?? table)) {
    const [one, other] = [String(point.table), place];
    reasons.push(say(lang, `table ${one} is not that of ${other}`, `${one} 与 ${other} 不符`));
  }
  if (table !== undefined) point.table = table;
  const { name: written, ...rest } = point;
  const name = pointName(String(written ?? ""));
  if (name === "") reasons.push(say(lang, "it has no name", "没有测点名"));
  if (rest.address === undefined && reasons.length === 0) {
    reasons.push(say(lang, "it has no address", "没有地址"));
  }
  return { name, point: rest, why: reasons.length > 0 ? reasons.join("; ") : null };
}

/** `Voltage L1` is voltage-l1; letters of every script stay. */
function pointName(written: string): string {
  const joined = written
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}._-]+/gu, "-");
  return joined.replaceAll(/^[-._]+|-+$/g, "").slice(0, 64);
}

function say(lang: Lang, en: string, zh: string): string {
  return lang === "zh" ? zh : en;
}
