import { writeZip } from "./zip.ts";

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
