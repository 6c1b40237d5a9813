import { describe, expect, it } from "vitest";
import { readXlsx } from "./xlsx.ts";
import { writeZip } from "./zip.ts";

const cells = (...texts: string[]) =>
  `<row>${texts.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join("")}</row>`;

function workbook(sheets: string, files: Readonly<Record<string, string>>) {
  const relations = ["1", "2", "3"].map(
    (id) => `<Relationship Id="r${id}" Type="sheet" Target="worksheets/sheet${id}.xml"/>`,
  );
  return writeZip({
    "xl/workbook.xml": `<workbook><sheets>${sheets}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${relations.join("")}</Relationships>`,
    ...files,
  });
}

const sheet = (rows: string, more = "") =>
  `<worksheet><sheetData>${rows}</sheetData>${more}</worksheet>`;

describe("a workbook", () => {
  it("has its sheets in the order of the tabs, without hidden ones", () => {
    const bytes = workbook(
      `<sheet name="表 &amp; B" sheetId="2" r:id="r2"/><sheet name="old" sheetId="3" state="hidden"
        r:id="r3"/><sheet name="A" sheetId="1" r:id="r1"/>`,
      {
        "xl/worksheets/sheet1.xml": sheet(cells("one")),
        "xl/worksheets/sheet2.xml": sheet(cells("two")),
        "xl/worksheets/sheet3.xml": sheet(cells("three")),
      },
    );
    expect(readXlsx(bytes)).toEqual([
      { name: "表 & B", rows: [["two"]] },
      { name: "A", rows: [["one"]] },
    ]);
  });

  it("has what is merged downwards in each row, and nowhere else", () => {
    const rows = cells("a", "b", "c") + cells("", "d") + cells("", "e", "f") + cells("g");
    const merged = '<mergeCells><mergeCell ref="A1:A3"/><mergeCell ref="B1:C1"/></mergeCells>';
    const bytes = workbook('<sheet name="A" r:id="r1"/>', {
      "xl/worksheets/sheet1.xml": sheet(rows, merged),
    });
    expect(readXlsx(bytes)[0]?.rows).toEqual([["a", "b", "c"], ["a", "d"], ["a", "e", "f"], ["g"]]);
  });

  it("shows dates as dates, and numbers as numbers", () => {
    const styles =
      '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="0.0&quot; day&quot;"/>' +
      '<numFmt numFmtId="171" formatCode="m月d日"/></numFmts><cellXfs><xf numFmtId="0"/>' +
      '<xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>';
    const row = [0, 1, 2, 3].map((style) => `<c s="${style}"><v>45659</v></c>`).join("");
    const bytes = workbook('<sheet name="A" r:id="r1"/>', {
      "xl/styles.xml": styles,
      "xl/worksheets/sheet1.xml": sheet(`<row>${row}<c><f>A1+1</f></c></row>`),
    });
    expect(readXlsx(bytes)[0]?.rows).toEqual([
      ["45659", "2025-01-02", "45659", "2025-01-02", "=A1+1"],
    ]);
  });
});
