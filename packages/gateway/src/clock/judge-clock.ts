/** What a time service says, that there is none, or that no answer came yet. */
export type ServiceWord = "synchronized" | "waiting" | "absent" | "unasked";

/** What is known of the machine's clock. */
export interface ClockFacts {
  readonly nowMs: number;
  /** No true clock shows less: this program was not there before. */
  readonly floorMs: number;
  readonly timesyncd: ServiceWord;
  /** chrony, ntpd or another one, as the system tells. */
  readonly otherService: ServiceWord;
}

/** Whether a clock is right, as far as can be known, and by what. Pure. */
export function judgeClock({ nowMs, floorMs, timesyncd, otherService }: ClockFacts): {
  readonly isSynced: boolean;
  readonly source: string;
} {
  if (nowMs < floorMs) return { isSynced: false, source: "its date is before this program's" };
  if (timesyncd === "synchronized") return { isSynced: true, source: "systemd-timesyncd" };
  if (otherService === "synchronized") return { isSynced: true, source: "time service" };
  if (timesyncd === "waiting") return { isSynced: false, source: "systemd-timesyncd waits" };
  if (otherService === "waiting") return { isSynced: false, source: "time service waits" };
  if (otherService === "unasked") return { isSynced: false, source: "the system is being asked" };
  return { isSynced: true, source: "no time service" };
}
