/** Where on the way from the field a bad sample's reason lies. */
export type ReasonPlace = "link" | "answer" | "damage" | "exception" | "decode" | "nowhere";

/** As drivers say of a line that opens, and on which nobody answers. */
export const CONNECTED_BUT_SILENT = /: connected, but \d+ requests in a row had no answer/;

const PLACES: readonly (readonly [RegExp, ReasonPlace])[] = [
  // Nothing is wrong: it has not happened, or has not been asked.
  [/^(no event yet|not read)/, "nowhere"],
  // The line is up, and given up: it is the device that says nothing.
  [CONNECTED_BUT_SILENT, "answer"],
  [/^(line down|connection (lost|refused|to )|connect |the (connection|line) was closed)/i, "link"],
  [/\(exception |\(error [0-9A-F]+\)|^illegal|the meter refuses/, "exception"],
  [/checksum|\bcrc\b|\blrc\b|malformed|garbage|framing|that are no frame/i, "damage"],
  [/^answered \d+ bytes|gives another address|following frames/, "damage"],
  [/^(timeout|silent|not asked)|no answer|timed? ?out|cannot be asked yet/i, "answer"],
  [/^Bad(Timeout|NoCommunication|CommunicationError|NotConnected|Waiting)/, "answer"],
  [/^Bad[A-Z]|refused|denied|not authorized|http \d{3}|unknown namespace/i, "exception"],
];

/** By the words of the drivers; what none of them says of the line is about the value. */
export function reasonPlace(reason: string): ReasonPlace {
  return PLACES.find(([pattern]) => pattern.test(reason))?.[1] ?? "decode";
}
