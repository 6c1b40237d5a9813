/** Offsets of time zones change at whole quarters of an hour, and are costly to find. */
const STEADY_MS = 900_000;

/** Times in ISO 8601 with the offset that holds at a place: 2026-03-29T03:00:00.000+02:00. */
export function siteTime(timeZone: string): (ms: number) => string {
  const clock = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  let [steadyMs, offset] = [Number.NaN, { ms: 0, text: "" }];
  return (ms) => {
    const fromMs = ms - (ms % STEADY_MS);
    if (fromMs !== steadyMs) {
      offset = offsetOf(clock, ms);
      steadyMs = fromMs;
    }
    return new Date(ms + offset.ms).toISOString().slice(0, -1) + offset.text;
  };
}

/** "GMT+05:30" as milliseconds and "+05:30"; "GMT" and "GMT+00:00" are "Z". */
function offsetOf(clock: Intl.DateTimeFormat, ms: number): { ms: number; text: string } {
  const name = clock.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  const amount = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  if (amount === 0) return { ms: 0, text: "Z" };
  return { ms: sign === "-" ? -amount : amount, text: `${sign}${hours}:${minutes}` };
}
