import type { Lang } from "../../config/messages.ts";

/** The language to answer in: what the query says, else the first of ours that the header takes. */
export function spokenLang(asked: unknown, acceptLanguage: string | undefined): Lang {
  if (asked === "zh" || asked === "en") return asked;
  if (typeof asked === "string" && asked.toLowerCase().startsWith("zh")) return "zh";
  const wanted = (acceptLanguage ?? "").split(",").map((part) => {
    const [tongue = "", ...options] = part.trim().toLowerCase().split(";");
    const weight = options.map((text) => /^\s*q=([\d.]+)$/.exec(text)?.[1]).find(Boolean);
    return { tongue, weight: weight === undefined ? 1 : Number(weight) };
  });
  const known = wanted
    .filter(({ tongue, weight }) => weight > 0 && /^(zh|en)(-|$)/.test(tongue))
    .toSorted((a, b) => b.weight - a.weight);
  return known[0]?.tongue.startsWith("zh") ? "zh" : "en";
}
