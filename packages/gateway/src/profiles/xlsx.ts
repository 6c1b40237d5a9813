import { BadArchive, readZip, writeZip } from "./zip.ts";

const SHEET = /^xl\/worksheets\/sheet\d+\.xml$/;
const SHARED = "xl/sharedStrings.xml";
const ROWS_MAX = 10_000;
const COLUMNS_MAX = 256;

/** Rows of cells of a workbook's first sheet, as texts. */
export function readXlsx(bytes: Buffer): string[][] {
  const files = readZip(bytes, (name) => name === SHARED || SHEET.test(name));
  const sheets = [...files.keys()].filter((name) => SHEET.test(name));
  const number = (name: string) => Number(/(\d+)\.xml$/.exec(name)?.[1]);
  const first = sheets.toSorted((a, b) => number(a) - number(b))[0];
  const sheet = first && files.get(first)?.toString("utf8");
  if (!sheet) throw new BadArchive("it is no Excel workbook");
  const shared = elements(files.get(SHARED)?.toString("utf8") ?? "", "si").map(({ inner }) =>
    textOf(inner),
  );
  const rows: string[][] = [];
  for (const { attributes, inner } of elements(sheet, "row")) {
    // Rows without a cell are left out of the file; their numbers tell.
    const at = Number(/\br="(\d+)"/.exec(attributes)?.[1] ?? rows.length + 1) - 1;
    if (at >= ROWS_MAX) break;
    if (at < 0) continue;
    while (rows.length < at) rows.push([]);
    rows[at] = cellsOf(inner, shared);
  }
  return rows;
}

function cellsOf(row: string, shared: readonly string[]): string[] {
  const cells: string[] = [];
  for (const { attributes, inner } of elements(row, "c")) {
    const letters = /\br="([A-Z]+)\d+"/.exec(attributes)?.[1];
    const at = letters === undefined ? cells.length : columnOf(letters);
    if (at >= COLUMNS_MAX) continue;
    while (cells.length < at) cells.push("");
    const type = /\bt="(\w+)"/.exec(attributes)?.[1];
    const value = elements(inner, "v")[0]?.inner ?? "";
    if (type === "s") cells[at] = shared[Number(value)] ?? "";
    else cells[at] = type === "inlineStr" ? textOf(inner) : withoutEntities(value);
  }
  return cells;
}

function columnOf(letters: string): number {
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** The texts of a cell, whatever their formats; how it is pronounced (rPh) is no part of it. */
function textOf(xml: string): string {
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

interface Element {
  readonly attributes: string;
  readonly inner: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Elements of a name that hold none of the same name, as spreadsheets write them. Each letter is
 * looked at a few times at most, also where nothing is ever closed.
 */
function elements(xml: string, name: string): Element[] {
  const opening = new RegExp(`<(?:\\w+:)?${name}(?=[\\s/>])`, "g");
  const closing = new RegExp(`</(?:\\w+:)?${name}>`, "g");
  const found: Element[] = [];
  for (let start = opening.exec(xml); start; start = opening.exec(xml)) {
    const headEnd = xml.indexOf(">", opening.lastIndex);
    if (headEnd < 0) break;
    const isEmpty = xml[headEnd - 1] === "/";
    const attributes = xml.slice(opening.lastIndex, headEnd);
    closing.lastIndex = headEnd + 1;
    const end = isEmpty ? null : closing.exec(xml);
    if (!isEmpty && !end) break;
    const inner = xml.slice(headEnd + 1, end?.index ?? headEnd + 1);
    const to = end ? closing.lastIndex : headEnd + 1;
    found.push({ attributes, inner, from: start.index, to });
    opening.lastIndex = to;
  }
  return found;
}

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }),
);

function withoutEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function withEntities(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships";
const CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types";
const DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** A workbook of one sheet. Numbers are numbers, everything else is text. */
export function writeXlsx(rows: readonly (readonly string[])[], sheetName: string): Buffer {
  const cell = (text: string) =>
    /^-?\d+(\.\d+)?$/.test(text)
      ? `<c><v>${text}</v></c>`
      : `<c t="inlineStr"><is><t xml:space="preserve">${withEntities(text)}</t></is></c>`;
  const body = rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("");
  const part = (name: string, type: string) =>
    `<Override PartName="/xl/${name}.xml" ContentType="${TYPES}.${type}+xml"/>`;
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${DOCUMENT}/${type}" Target="${target}"/>`;
  const name = withEntities(sheetName.slice(0, 31));
  const sheets = `<sheets><sheet name="${name}" sheetId="1" r:id="r1"/></sheets>`;
  const rels = "application/vnd.openxmlformats-package.relationships+xml";
  const types = [
    `<Default Extension="rels" ContentType="${rels}"/>`,
    part("workbook", "sheet.main"),
    part("worksheets/sheet1", "worksheet"),
  ].join("");
  const relations = (inner: string) =>
    `${XML}<Relationships xmlns="${RELATIONS}">${inner}</Relationships>`;
  const main = (label: string, inner: string) =>
    `${XML}<${label} xmlns="${MAIN}" xmlns:r="${DOCUMENT}">${inner}</${label}>`;
  return writeZip({
    "[Content_Types].xml": `${XML}<Types xmlns="${CONTENT_TYPES}">${types}</Types>`,
    "_rels/.rels": relations(relation("r1", "officeDocument", "xl/workbook.xml")),
    "xl/workbook.xml": main("workbook", sheets),
    "xl/_rels/workbook.xml.rels": relations(relation("r1", "worksheet", "worksheets/sheet1.xml")),
    "xl/worksheets/sheet1.xml": main("worksheet", `<sheetData>${body}</sheetData>`),
  });
}
