const MINUTE_MS = 60_000;

/** Where a moment lies in a time zone. */
export interface LocalTime {
  /** "2026-11" */
  readonly month: string;
  /** Minutes after midnight. */
  readonly minute: number;
}

/** Tells months and times of day in one zone; a minute is worked out once. */
export class LocalClock {
  readonly #format: Intl.DateTimeFormat;
  #minuteOfTime = Number.NaN;
  #told: LocalTime = { month: "", minute: 0 };

  constructor(timezone: string) {
    this.#format = new Intl.DateTimeFormat("en-CA", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
  }

  at(utcMs: number): LocalTime {
    const minuteOfTime = Math.floor(utcMs / MINUTE_MS);
    if (minuteOfTime === this.#minuteOfTime) return this.#told;
    const parts = new Map(
      this.#format.formatToParts(utcMs).map(({ type, value }) => [type, value]),
    );
    const number = (name: "hour" | "minute") => Number(parts.get(name));
    this.#minuteOfTime = minuteOfTime;
    this.#told = {
      month: `${parts.get("year")}-${parts.get("month")}`,
      minute: 60 * number("hour") + number("minute"),
    };
    return this.#told;
  }
}
