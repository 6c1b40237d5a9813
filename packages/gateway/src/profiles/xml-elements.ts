/** One element of an XML text. */
export interface Element {
  readonly attributes: string;
  readonly inner: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Elements of a name that hold none of the same name, as spreadsheets write them. Each letter is
 * looked at a few times at most, also where nothing is ever closed.
 */
export function elements(xml: string, name: string): Element[] {
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

/** A text of XML as it is meant. */
export function withoutEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** An attribute as it is meant; empty where there is none. */
export function attributeOf(attributes: string, name: string): string {
  const found = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return withoutEntities(found ?? "");
}
