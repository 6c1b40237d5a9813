import { lineReasons } from "./reasons/line-reasons.ts";
import { ownReasons } from "./reasons/own-reasons.ts";
import { serverReasons } from "./reasons/server-reasons.ts";
import { updateReasons } from "./reasons/update-reasons.ts";

// What the gateway and devices say is English, in the log and in the API; here is the one place
// that knows it in Chinese. A test finds what is said in the source and is not known here.

const PATTERNS = [...lineReasons, ...serverReasons, ...updateReasons, ...ownReasons].map(
  ([pattern, chinese]) => [new RegExp(`^(?:${pattern})$`), chinese] as const,
);

/** Of one text: what has more parts is no sentence of ours. */
const PARTS_MAX = 8;

/** Ten thousand points may share a few reasons: each is looked up once. */
const KNOWN_MAX = 2_000;
const known = new Map<string, string>();

/** A reason in Chinese; what of it is not known stays as it is. */
export function reasonInChinese(reason: string): string {
  const before = known.get(reason);
  if (before !== undefined) return before;
  const chinese = translated(reason) ?? reason;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(reason, chinese);
  return chinese;
}

/** Who does things and has no name of a person's. */
const NO_PERSON = /^(this machine|the file|the gateway|the first start|token \S+)$/;

/** Who did something, in Chinese; a person's name stays, also where it is a word of ours. */
export function whoInChinese(who: string): string {
  return NO_PERSON.test(who) ? reasonInChinese(who) : who;
}

function translated(reason: string): string | null {
  return asWhole(reason) ?? inParts(reason);
}

/** A pattern covers a whole text; its groups are translated in turn, but codes: `{2!}`. */
function asWhole(text: string): string | null {
  for (const [pattern, chinese] of PATTERNS) {
    const match = pattern.exec(text);
    if (!match) continue;
    return chinese.replace(/{(\d)(!?)}/g, (_, group: string, raw: string) => {
      const part = match[Number(group)] ?? "";
      return raw === "" ? reasonInChinese(part) : part;
    });
  }
  return null;
}

/** Of what it is, what is wrong there, and what to do. */
function inParts(text: string): string | null {
  const colons = placesOf(": ", text);
  for (const at of colons) {
    const known = asWhole(text.slice(at + 2));
    if (known !== null) return `${reasonInChinese(text.slice(0, at))}：${known}`;
  }
  const parts = text.split("; ", PARTS_MAX);
  if (parts.length > 1 && parts.join("; ") === text) {
    const found = parts.map(translated);
    if (found.every((part) => part === null)) return null;
    return found.map((part, index) => part ?? parts[index]).join("；");
  }
  for (const at of colons) {
    const known = asWhole(text.slice(0, at));
    if (known !== null) return `${known}：${reasonInChinese(text.slice(at + 2))}`;
  }
  return null;
}

function placesOf(sign: string, text: string): readonly number[] {
  const places: number[] = [];
  let at = text.indexOf(sign);
  for (; at > 0 && places.length < PARTS_MAX; at = text.indexOf(sign, at + 1)) places.push(at);
  return places;
}
