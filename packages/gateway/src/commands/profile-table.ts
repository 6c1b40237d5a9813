import { readFile, writeFile } from "node:fs/promises";
import { Misconfigured } from "@headgate/model";
import { variantProfile } from "../config/apply-profile.ts";
import type { Lang } from "../config/messages.ts";
import type { Profile } from "../config/profile-schema.ts";
import { decodeText, readCsv, writeCsv } from "../profiles/csv.ts";
import { diffPoints } from "../profiles/diff-points.ts";
import { exportTable } from "../profiles/export-table.ts";
import {
  type Family,
  type ImportedTable,
  importTable,
  NoTable,
  titleRowOf,
} from "../profiles/import-table.ts";
import { hasManualNumbers } from "../profiles/manual-numbers.ts";
import { type ProfileHead, profileYaml } from "../profiles/profile-yaml.ts";
import { writeXlsx } from "../profiles/write-xlsx.ts";
import { readXlsx } from "../profiles/xlsx.ts";
import { BadArchive } from "../profiles/zip.ts";

/** A table that became a profile, and what is to be told of it. */
export interface ImportedProfile {
  readonly yaml: string;
  /** A line a row that was refused, and a summary. */
  readonly report: string;
  /** Against another profile; empty without one, or if nothing differs. */
  readonly diff: string;
  readonly isWhole: boolean;
}

/** `headgate profile import`: a CSV or Excel file as a profile, told row by row. */
export async function importProfile(
  file: string,
  head: ProfileHead,
  { lang, against }: { readonly lang: Lang; readonly against: Profile | null },
): Promise<ImportedProfile> {
  const table = await readTable(file, lang, head.driver);
  const refused = table.rows.filter(({ why }) => why !== null);
  const taken = table.rows.length - refused.length;
  const zh = lang === "zh";
  const lines = [
    ...table.unknownTitles.map((title) =>
      zh ? `列“${title}”无法识别，已忽略` : `column "${title}" is not known and left out`,
    ),
    ...refused.map(({ row, name, why }) =>
      zh ? `第 ${row} 行 ${name}：拒绝，${why}` : `row ${row} ${name}: refused, ${why}`,
    ),
    ...(head.documentOffset === 0 && hasManualNumbers([...table.points.values()])
      ? [MANUAL_HINT[lang]]
      : []),
    zh
      ? `${table.rows.length} 行：接受 ${taken}，拒绝 ${refused.length}`
      : `${table.rows.length} rows: ${taken} taken, ${refused.length} refused`,
  ];
  return {
    yaml: profileYaml(head, table.points),
    report: `${lines.join("\n")}\n`,
    diff: against ? diffText(table, head, against) : "",
    isWhole: refused.length === 0,
  };
}

const MANUAL_HINT = {
  en:
    "every address, taken as a wire address, looks like a manual's number (40001 is register 0); " +
    "if they are such numbers, write --document-offset -40001 (input: -30001)",
  zh:
    "所有地址现按线上地址处理，却都像说明书编号（40001 即寄存器 0）；" +
    "若确为编号，请加 --document-offset -40001（输入寄存器：-30001）",
} as const;

/** Both by wire address, and with every default filled in. */
function diffText(
  table: ImportedTable,
  { documentOffset, driver }: ProfileHead,
  against: Profile,
): string {
  const { points, defaults, documentOffset: offset } = variantProfile(against, null);
  const shown = (point: Readonly<Record<string, unknown>>, shift: number) => {
    const { address, table = "holding", type = "uint16", order = "ABCD", scale = 1 } = point;
    const wire = typeof address === "number" ? address + shift : address;
    const { unit, meaning, format, signed, skip, quantity, unitCode } = point;
    const isItem = driver !== "modbus";
    if (isItem) return { address, format, signed, skip, quantity, unitCode, scale, unit, meaning };
    return { table, address: wire, type, order, scale, unit, meaning };
  };
  const before = [...points].map(([name, point]) => {
    const own = Object.fromEntries(
      Object.entries(point).filter(([, value]) => value !== undefined),
    );
    return [name, shown({ ...defaults, ...own }, offset)] as const;
  });
  const after = [...table.points].map(
    ([name, point]) => [name, shown(point, documentOffset)] as const,
  );
  const lines = diffPoints(new Map(before), new Map(after));
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

async function readTable(file: string, lang: Lang, family: Family): Promise<ImportedTable> {
  try {
    const bytes = await readFile(file);
    return importTable(rowsIn(file, bytes), lang, family);
  } catch (error) {
    const isTold = error instanceof NoTable || error instanceof BadArchive;
    if (!isTold && !(error instanceof Error && "syscall" in error)) throw error;
    const hint = HINT[/\.xls$/i.test(file) ? "old" : "any"][lang];
    throw new Misconfigured(`${file}: ${error.message}; ${hint}`, { cause: error });
  }
}

const HINT = {
  any: {
    en: "give a .csv, or a .xlsx one of whose sheets has the table",
    zh: "请提供 .csv，或某个工作表中有该表的 .xlsx",
  },
  old: {
    en: "save it as .xlsx: workbooks of before 2007 (.xls) are not read",
    zh: "请另存为 .xlsx：不支持 2007 年之前的 .xls",
  },
} as const;

/** Of a workbook the first sheet with such titles; the first of all where none has them. */
function rowsIn(file: string, bytes: Buffer): readonly (readonly string[])[] {
  if (!/\.xlsx?$/i.test(file)) return readCsv(decodeText(bytes));
  const sheets = readXlsx(bytes);
  const fitting = sheets.find(({ rows }) => titleRowOf(rows) !== null);
  return (fitting ?? sheets[0])?.rows ?? [];
}

/** `headgate profile export`: a profile's points as CSV or Excel. */
export async function exportProfile(
  profile: Profile,
  options: { readonly variant: string | null; readonly lang: Lang; readonly out: string | null },
): Promise<string> {
  const rows = exportTable(profile, options);
  const { out } = options;
  if (out === null) return writeCsv(rows);
  await writeFile(out, /\.xlsx$/i.test(out) ? writeXlsx(rows, profile.id) : writeCsv(rows));
  return "";
}
