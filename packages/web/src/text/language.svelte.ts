import type { PointView } from "@headgate/gateway/api-types";
import { reasonInChinese, whoInChinese } from "@headgate/gateway/reasons-in-chinese";
import { valueWord } from "@headgate/gateway/value-words";
import { recall, remember } from "../memory.ts";
import { type English, en } from "./en.ts";
import * as format from "./format.ts";
import { zh } from "./zh.ts";

/** What can be said. */
export type TextKey = keyof English;
export type Lang = "en" | "zh";

const TEXTS = { en, zh };
const preferred = (): Lang => (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
const known = (text: string | null): Lang | null => (text === "en" || text === "zh" ? text : null);

let lang = $state<Lang>(known(recall("language")) ?? preferred());

export const language = {
  get current() {
    return lang;
  },
  /** For the reader's browser: speech, fonts, hyphens. */
  get code() {
    return lang === "zh" ? "zh-CN" : "en";
  },
  /** Takes effect at once, without a reload. */
  choose(chosen: Lang) {
    lang = chosen;
    remember("language", chosen);
  },
};

/** A text in the reader's language, with its places filled. */
export function say(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[lang][key].replace(/{(\w+)}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
}

/** What the gateway or a device said, in the reader's language where it is known. */
export function sayReason(reason: string): string {
  return lang === "zh" ? reasonInChinese(reason) : reason;
}

/** Who did something: a person's name, or the machine, in the reader's language. */
export function sayWho(who: string): string {
  return lang === "zh" ? whoInChinese(who) : who;
}

export const number = (value: number, digits = 0) => format.number(value, digits, lang);
export const rate = (value: number) => format.number(value, value < 10 ? 1 : 0, lang);
export const bytes = (value: number) => format.bytes(value, lang);
/** A state that a driver tells, in the reader's language where it is known. */
export const wordOf = (point: Pick<PointView, "meaning" | "value">) =>
  valueWord(point, lang) ?? String(point.value);
export const pointValue = (point: format.Valued & Partial<Pick<PointView, "meaning">>) => {
  const { meaning = null, value } = point;
  if (typeof value === "boolean") return say(value ? "value.on" : "value.off");
  return valueWord({ meaning, value }, lang) ?? format.pointValue(point, lang);
};
/** "13 min": one unit, the largest that fits. */
export function span(ms: number): string {
  const { unit, count } = format.span(ms);
  return say(`span.${unit}`, { n: number(count) });
}
