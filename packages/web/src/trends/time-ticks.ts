import { moment } from "../text/format.ts";

const DAY_S = 86_400;

/** What stands below the ticks: the site's time, and its day where that begins. */
export function timeTicks(
  seconds: readonly number[],
  stepSeconds: number,
  timeZone: string,
): string[] {
  let lastDay = "";
  return seconds.map((second) => {
    const { date, time } = moment(second * 1000, timeZone);
    const day = date.slice(5);
    if (stepSeconds >= DAY_S) return day;
    const clock = stepSeconds < 60 ? time : time.slice(0, 5);
    const isNewDay = day !== lastDay;
    lastDay = day;
    return isNewDay ? `${clock}\n${day}` : clock;
  });
}
