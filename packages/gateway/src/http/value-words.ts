import type { PointView } from "../status.ts";

type Texts = Readonly<Record<"en" | "zh", string>>;

/** What drivers call the states that a point of such a meaning may be in. */
const WORDS: Readonly<Record<string, Readonly<Record<string, Texts>>>> = {
  valve: {
    open: { en: "open", zh: "开" },
    closed: { en: "closed", zh: "关" },
    unknown: { en: "unknown", zh: "未知" },
    fault: { en: "fault", zh: "故障" },
  },
};

/** A state in the reader's language; null where the value is none that is known. */
export function valueWord(
  { meaning, value }: Pick<PointView, "meaning" | "value">,
  lang: "en" | "zh",
): string | null {
  if (meaning === null || typeof value !== "string") return null;
  return WORDS[meaning]?.[value]?.[lang] ?? null;
}
