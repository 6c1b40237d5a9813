/** Where on the way from the field a bad sample's reason lies. */
export type ReasonPlace = "link" | "answer" | "damage" | "exception" | "decode";

const PLACES: readonly (readonly [RegExp, ReasonPlace])[] = [
  [/^(line down|connection lost|connect(ion)? (to|lost|refused))/i, "link"],
  [/checksum|\bcrc\b|\blrc\b|malformed|garbage|framing/i, "damage"],
  [/^(timeout|no answer|silent)|no answer|timed? ?out/i, "answer"],
  [
    /exception|illegal|^Bad[A-Z]|refused|denied|device (busy|failure)|gateway (path|target)/i,
    "exception",
  ],
];

/** By the words of the drivers; what none of them says of the line is about the value. */
export function reasonPlace(reason: string): ReasonPlace {
  return PLACES.find(([pattern]) => pattern.test(reason))?.[1] ?? "decode";
}
