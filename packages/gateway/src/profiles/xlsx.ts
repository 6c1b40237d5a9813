import { dateStyles, dateText } from "./xlsx-dates.ts";
import { attributeOf, elements, withoutEntities } from "./xml-elements.ts";
import { BadArchive, readZip } from "./zip.ts";

const SHEET = /^xl\/worksheets\/sheet\d+\.xml$/;
const SHARED = "xl/sharedStrings.xml";
const STYLES = "xl/styles.xml";
const BOOK = "xl/workbook.xml";
const RELATIONS = "xl/_rels/workbook.xml.rels";
const ROWS_MAX = 10_000;
const COLUMNS_MAX = 256;

/** One sheet of a workbook that people see: rows of cells, as texts. */
export interface Sheet {
  readonly name: string;
  readonly rows: string[][];
}

/** What cells of a workbook refer to. */
interface Book {
  readonly shared: readonly string[];
  /** Which of its styles show numbers as dates. */
  readonly dates: ReadonlySet<number>;
}

/** The sheets of a workbook in the order of their tabs; hidden ones are left out. */
export function readXlsx(bytes: Buffer): Sheet[] {
  const parts = [SHARED, STYLES, BOOK, RELATIONS];
  const files = readZip(bytes, (name) => parts.includes(name) || SHEET.test(name));
  const textOf = (name: string) => files.get(name)?.toString("utf8") ?? "";
  const tabs = tabsOf(textOf(BOOK), textOf(RELATIONS)).filter(({ file }) => files.has(file));
  const found = tabs.length > 0 ? tabs : sheetsByNumber([...files.keys()]);
  if (found.length === 0) throw new BadArchive("it is no Excel workbook");
  const shared = elements(textOf(SHARED), "si").map(({ inner }) => plainText(inner));
  const book = { shared, dates: dateStyles(textOf(STYLES)) };
  return found.map(({ name, file }) => ({ name, rows: rowsOf(textOf(file), book) }));
}

interface Tab {
  readonly name: string;
  readonly file: string;
}

/** Numbers of files tell nothing of the order: tabs can be moved. */
function tabsOf(book: string, relations: string): Tab[] {
  const targets = new Map(
    elements(relations, "Relationship").map(({ attributes }) => [
      attributeOf(attributes, "Id"),
      attributeOf(attributes, "Target").replace(/^\/?(xl\/)?/, "xl/"),
    ]),
  );
  return elements(book, "sheet").flatMap(({ attributes }) => {
    const file = targets.get(attributeOf(attributes, "r:id")) ?? "";
    const isShown = !/hidden/i.test(attributeOf(attributes, "state"));
    return isShown ? [{ name: attributeOf(attributes, "name"), file }] : [];
  });
}

function sheetsByNumber(names: readonly string[]): Tab[] {
  const number = (name: string) => Number(/(\d+)\.xml$/.exec(name)?.[1]);
  const sheets = names.filter((name) => SHEET.test(name));
  return sheets.toSorted((a, b) => number(a) - number(b)).map((file) => ({ name: "", file }));
}

function rowsOf(sheet: string, book: Book): string[][] {
  const rows: string[][] = [];
  for (const { attributes, inner } of elements(sheet, "row")) {
    // Rows without a cell are left out of the file; their numbers tell.
    const at = Number(/\br="(\d+)"/.exec(attributes)?.[1] ?? rows.length + 1) - 1;
    if (at >= ROWS_MAX) break;
    if (at < 0) continue;
    while (rows.length < at) rows.push([]);
    rows[at] = cellsOf(inner, book);
  }
  for (const { attributes } of elements(sheet, "mergeCell")) fillDown(rows, attributes);
  return rows;
}

/** What is written once for several rows holds for each of them. */
function fillDown(rows: string[][], attributes: string): void {
  const place = /^([A-Z]+)(\d+):[A-Z]+(\d+)$/.exec(attributeOf(attributes, "ref"));
  if (!place) return;
  const [, letters = "", top, bottom] = place;
  const at = columnOf(letters);
  const text = rows[Number(top) - 1]?.[at] ?? "";
  if (text === "" || at >= COLUMNS_MAX) return;
  for (let index = Number(top); index < Math.min(Number(bottom), rows.length); index++) {
    const row = rows[index] as string[];
    while (row.length <= at) row.push("");
    row[at] = text;
  }
}

function cellsOf(row: string, book: Book): string[] {
  const cells: string[] = [];
  for (const { attributes, inner } of elements(row, "c")) {
    const letters = /\br="([A-Z]+)\d+"/.exec(attributes)?.[1];
    const at = letters === undefined ? cells.length : columnOf(letters);
    if (at >= COLUMNS_MAX) continue;
    while (cells.length < at) cells.push("");
    cells[at] = cellText(attributes, inner, book);
  }
  return cells;
}

function cellText(attributes: string, inner: string, { shared, dates }: Book): string {
  const type = /\bt="(\w+)"/.exec(attributes)?.[1] ?? "n";
  if (type === "inlineStr") return plainText(inner);
  const value = elements(inner, "v")[0]?.inner ?? "";
  if (type === "s") return shared[Number(value)] ?? "";
  const [formula] = elements(inner, "f");
  // Written by a program that does not calculate: nobody knows what it comes to.
  if (value === "" && formula) return `=${withoutEntities(formula.inner)}`;
  const style = Number(/\bs="(\d+)"/.exec(attributes)?.[1] ?? Number.NaN);
  return type === "n" && dates.has(style) ? dateText(value) : withoutEntities(value);
}

function columnOf(letters: string): number {
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** The texts of a cell, whatever their formats; how it is pronounced (rPh) is no part of it. */
function plainText(xml: string): string {
  let plain = "";
  let end = 0;
  for (const { from, to } of elements(xml, "rPh")) {
    plain += xml.slice(end, from);
    end = to;
  }
  return elements(plain + xml.slice(end), "t")
    .map(({ inner }) => withoutEntities(inner))
    .join("");
}
