import { attributeOf, elements } from "./xml-elements.ts";

const DAY_MS = 86_400_000;
/** Day 0 of spreadsheets, with the leap day of 1900 that never was. */
const FIRST_MS = Date.UTC(1899, 11, 30);
const LAST_DAY = 2_958_465;

/** Numbers of styles that show a number as a date or a time. */
export function dateStyles(styles: string): ReadonlySet<number> {
  const own = new Map(
    elements(styles, "numFmt").map(({ attributes }) => [
      Number(attributeOf(attributes, "numFmtId")),
      attributeOf(attributes, "formatCode"),
    ]),
  );
  const [cells] = elements(styles, "cellXfs");
  const formats = elements(cells?.inner ?? "", "xf").map(({ attributes }) =>
    Number(attributeOf(attributes, "numFmtId") || 0),
  );
  const isDate = (id: number) => isBuiltin(id) || isDateCode(own.get(id) ?? "");
  return new Set(formats.flatMap((id, index) => (isDate(id) ? [index] : [])));
}

/** ECMA-376 part 1, 18.8.30, with those of East Asia. */
function isBuiltin(id: number): boolean {
  const ranges = [
    [14, 22],
    [27, 36],
    [45, 47],
    [50, 58],
  ] as const;
  return ranges.some(([from, to]) => id >= from && id <= to);
}

/** Without what stands for itself: "kW", \\h, [Red]. */
function isDateCode(code: string): boolean {
  return /[ymdhs年月日]/i.test(code.replaceAll(/"[^"]*"|\\.|\[[^\]]*\]|General/gi, ""));
}

/** The day that a number stands for: a spreadsheet made it of 1-2 or of 3/4. */
export function dateText(value: string): string {
  const days = Number(value);
  if (!Number.isFinite(days) || days < 0 || days > LAST_DAY) return value;
  return new Date(FIRST_MS + days * DAY_MS).toISOString().slice(0, days < 1 ? 16 : 10);
}
