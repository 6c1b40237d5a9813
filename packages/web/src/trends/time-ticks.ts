import { moment, offsetMs } from "../text/format.ts";

const DAY_S = 86_400;
const MONTH_S = 30 * DAY_S;

/** What stands below the ticks: the site's time, its day where that begins, and a new offset. */
export function timeTicks(
  seconds: readonly number[],
  stepSeconds: number,
  timeZone: string,
): string[] {
  let [lastDay, lastOffset] = ["", ""];
  return seconds.map((second) => {
    const { date, time, offset } = moment(second * 1000, timeZone);
    const day = date.slice(5);
    if (stepSeconds >= DAY_S) return day;
    const clock = stepSeconds < 60 ? time : time.slice(0, 5);
    const isNewDay = day !== lastDay;
    const isNewOffset = lastOffset !== "" && offset !== lastOffset;
    [lastDay, lastOffset] = [day, offset];
    return [clock, isNewDay ? day : "", isNewOffset ? offset : ""].filter(Boolean).join("\n");
  });
}

/** What is to be divided, in seconds, and by which steps. */
export interface Divided {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/**
 * Where ticks stand: at whole steps of the site's own clock, through its changes too. A day begins
 * at the site's midnight, be it 23 or 25 hours long.
 */
export function timeSplits({ min, max, step }: Divided, timeZone: string): number[] {
  const offset = (at: number) => offsetMs(at * 1000, timeZone) / 1000;
  const splits: number[] = [];
  const next = step >= MONTH_S ? nextMonth : step >= DAY_S ? nextDay : nextTime;
  for (let at = next(min - 1e-3, step, offset); at <= max; at = next(at, step, offset)) {
    if (at <= (splits[splits.length - 1] ?? Number.NEGATIVE_INFINITY)) break;
    splits.push(at);
  }
  return splits;
}

type Offset = (at: number) => number;

/** Both of the offsets before and behind are tried: between them one may lie that changes. */
function nextTime(after: number, step: number, offset: Offset): number {
  const before = offset(after);
  const wall = (Math.floor((after + before) / step) + 1) * step;
  const behind = offset(wall - before);
  const found = [wall - before, wall - behind, wall + step - behind, wall + step - before].filter(
    (at) => at > after && (at + offset(at)) % step === 0,
  );
  return Math.min(...found);
}

function nextDay(after: number, step: number, offset: Offset): number {
  const wall = (Math.floor((after + offset(after)) / step) + 1) * step;
  return atWall(wall, offset);
}

function nextMonth(after: number, step: number, offset: Offset): number {
  const months = Math.round(step / MONTH_S);
  const wall = new Date((after + offset(after)) * 1000);
  const month = wall.getUTCFullYear() * 12 + wall.getUTCMonth();
  const next = (Math.floor(month / months) + 1) * months;
  return atWall(Date.UTC(Math.floor(next / 12), next % 12, 1) / 1000, offset);
}

/** When the clock says so; where it is put on over it, the moment of that. */
function atWall(wall: number, offset: Offset): number {
  const guess = wall - offset(wall - offset(wall));
  return guess + offset(guess) === wall ? guess : wall - offset(guess);
}
