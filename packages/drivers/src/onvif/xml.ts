/** An element with its names resolved: `name` has no prefix, `text` is as written. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

interface Open {
  readonly element: XmlElement;
  readonly tag: string;
  readonly scope: Scope | null;
}

/** Prefixes that an element declares, and those around it: never copied, whatever is nested. */
interface Scope {
  readonly declared: ReadonlyMap<string, string>;
  readonly outer: Scope | null;
}

/** Why a text is no XML that is taken. */
export class NotXml extends Error {
  override name = "NotXml";
}

/** Deeper than any ONVIF answer; keeps a hostile one from growing the stack. */
const DEPTH_MAX = 100;

const TOKEN = new RegExp(
  [
    /<!\[CDATA\[([\s\S]*?)\]\]>/,
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>/,
    /<\/([^\s>]+)\s*>/,
    /<([^\s/>!?]+)((?:\s+[^\s=>/]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/,
    /([^<]+)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "y",
);
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** The root of an XML text. Throws `NotXml` if it is not well-formed, or has a document type. */
export function parseXml(source: string): XmlElement {
  const token = new RegExp(TOKEN);
  const text = source.replace(/^\uFEFF/, "").trim();
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (!match) throw new NotXml(`not well-formed XML at character ${at}`);
    const [, cdata, closing, opening, attributes, selfClosing, characters] = match;
    const top = stack.at(-1);
    if (opening !== undefined) {
      const open = openElement(opening, attributes ?? "", top?.scope ?? null);
      if (top) top.element.children.push(open.element);
      else if (root) throw new NotXml("XML with two roots");
      root ??= open.element;
      if (!selfClosing && stack.push(open) > DEPTH_MAX) throw new NotXml("XML nested too deep");
    } else if (closing !== undefined) {
      if (stack.pop()?.tag !== closing)
        throw new NotXml(`XML closes ${closing}, which is not open`);
    } else if (top) {
      top.element.text += cdata ?? unescapeXml(characters ?? "");
    }
  }
  if (!root || stack.length > 0) throw new NotXml("XML ends too early");
  return root;
}

function openElement(tag: string, attributeText: string, outer: Scope | null): Open {
  const declared = new Map<string, string>();
  const attributes: Record<string, string> = {};
  for (const [, name = "", double, single] of attributeText.matchAll(ATTRIBUTE)) {
    const value = unescapeXml(double ?? single ?? "");
    if (name === "xmlns") declared.set("", value);
    else if (name.startsWith("xmlns:")) declared.set(name.slice(6), value);
    else attributes[localName(name)] = value;
  }
  const prefix = tag.includes(":") ? tag.slice(0, tag.indexOf(":")) : "";
  const scope = declared.size > 0 ? { declared, outer } : outer;
  const namespace = namespaceOf(prefix, scope);
  return {
    element: { name: localName(tag), namespace, attributes, children: [], text: "" },
    tag,
    scope,
  };
}

function namespaceOf(prefix: string, scope: Scope | null): string {
  for (let here = scope; here; here = here.outer) {
    const namespace = here.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return "";
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Text made safe between tags and inside quotes. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function unescapeXml(text: string): string {
  return text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES.get(name) ?? whole;
    const code = name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The first element at the end of a path of names: `find(body, "MediaUri", "Uri")`. */
export function find(from: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let here = from;
  for (const name of path) here = here?.children.find((child) => child.name === name);
  return here;
}

/** The trimmed text at the end of a path of names, or undefined where there is no such element. */
export function textAt(from: XmlElement | undefined, ...path: string[]): string | undefined {
  return find(from, ...path)?.text.trim();
}

/** All children of one name. */
export function allNamed(from: XmlElement | undefined, name: string): XmlElement[] {
  return from?.children.filter((child) => child.name === name) ?? [];
}
