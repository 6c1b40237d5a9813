import {
  type FuzzRun,
  type FuzzTarget,
  pick,
  type Random,
  target,
  vary,
  varyText,
} from "@headgate/drivers/testing";
import { decodeText, readCsv } from "../../src/profiles/csv.ts";
import { FAMILIES, importTable, NoTable } from "../../src/profiles/import-table.ts";
import { profileYaml } from "../../src/profiles/profile-yaml.ts";
import { writeXlsx } from "../../src/profiles/write-xlsx.ts";
import { readXlsx } from "../../src/profiles/xlsx.ts";
import { BadArchive } from "../../src/profiles/zip.ts";

/** Tables of points as people have them. */
export const TABLE_TARGETS: readonly FuzzTarget[] = [
  target("profile csv", beginCsv, { share: 0.1 }),
  target("profile xlsx", beginXlsx, { share: 0.1 }),
];

const CSV = [
  "point,address,table,type,order,scale,unit,meaning,group,not available,min,max,scaled by\r\n" +
    'Voltage L1,0x10,holding,float,ABCD,0.1,V,voltage.l1n,,"0x7FFF, 32767",0,500,ct\r\n' +
    'energy,input:16,3,u32,,0.01,kWh,energy.active.import,energy,,,,"ct,pt"\r\n',
  "测点;地址;寄存器区;数据类型;倍率;单位;含义;周期\n电压;16;保持寄存器;浮点;1;V;;1 s\n",
  "测点,地址,数据格式,有符号,跳过字节,单位代码\n电流,0202FF00,XXX.XXX,是,3,\n水量,D120,XXXXXX.XX,,,2C\n",
  'name\tregister\tfc\n"a ""b""\nc"\t40001\tfc03\n',
];
const CSV_WORDS = [
  ",",
  ";",
  "\t",
  '"',
  '""',
  "\n",
  "sunspec:103/W",
  "FFFFh",
  "fc03",
  "point",
  "ct",
];
const HEAD = {
  ...{ id: "a", manufacturer: "m", models: ["x"], name: { en: "a", zh: "甲" } },
  ...{ source: "s", documentOffset: 0 },
};

/** Every point that is taken has a place in a profile's file. */
function importRows(rows: string[][], lang: "en" | "zh") {
  try {
    const driver = FAMILIES[(rows[0]?.length ?? 0) % FAMILIES.length] ?? "modbus";
    const { points } = importTable(rows, lang, driver);
    profileYaml({ ...HEAD, driver }, points);
    const plain = JSON.stringify([...points.values()]);
    if (/"(function|\[object)/.test(plain)) throw new Error(`gave ${plain}`);
    return points.size > 0 ? "answer" : "refusal";
  } catch (error) {
    if (error instanceof NoTable) return "refusal";
    throw error;
  }
}

function beginCsv(random: Random): FuzzRun<Buffer> {
  const text = () => Buffer.from(varyText(random, { valid: CSV, words: CSV_WORDS }), "utf8");
  return {
    make: () => (random(4) === 0 ? vary(random, text) : text()),
    take: (bytes) => importRows(readCsv(decodeText(bytes)), pick(random, ["en", "zh"])),
  };
}

function beginXlsx(random: Random): FuzzRun<Buffer> {
  const sheets = CSV.map((csv) => readCsv(csv));
  const words = [
    ...CSV_WORDS,
    "<row>",
    "</row>",
    "<c>",
    '<c r="ZZZ9">',
    "</v>",
    "&#x110000;",
    "&x;",
  ];
  const workbook = () => {
    const rows = pick(random, sheets).map((row) =>
      row.map((cell) => (random(12) === 0 ? varyText(random, { valid: [cell], words }) : cell)),
    );
    return writeXlsx(rows, "points");
  };
  return {
    make: () => vary(random, workbook),
    take(bytes) {
      try {
        return importRows(readXlsx(bytes)[0]?.rows ?? [], "en");
      } catch (error) {
        if (error instanceof BadArchive) return "refusal";
        throw error;
      }
    },
  };
}
