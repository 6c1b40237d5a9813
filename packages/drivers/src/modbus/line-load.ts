import type { LineReport, ScanClass, ScanClassReport } from "@headgate/model";
import type { Address } from "./address.ts";
import { forecastCycles, wantedShare } from "./forecast.ts";
import type { Line } from "./line.ts";
import type { LineTalk } from "./line-talk.ts";
import type { DevicePlan, ModbusPoint } from "./read-plan.ts";
import type { Device } from "./settings.ts";

/** Scans that the achieved cycle is the mean of. */
const STARTS_MAX = 17;

interface Watched {
  readonly intervalMs: number;
  readonly points: readonly ModbusPoint[];
  /** What is read in their place; mostly they themselves. */
  asked: readonly ModbusPoint[];
  readonly startsMs: number[];
}

/** What the scan classes of a line want of it, and what they get. */
export class LineLoad {
  readonly #line: Line;
  readonly #talk: LineTalk;
  readonly #plansOf: (points: readonly ModbusPoint[]) => readonly DevicePlan[];
  #classes: readonly Watched[] = [];

  constructor(
    line: Line,
    talk: LineTalk,
    plansOf: (points: readonly ModbusPoint[]) => readonly DevicePlan[],
  ) {
    this.#line = line;
    this.#talk = talk;
    this.#plansOf = plansOf;
  }

  schedule(classes: readonly ScanClass<Address, Device>[]): void {
    const watched = classes.map(({ intervalMs, points }): Watched => {
      return { intervalMs, points, asked: points, startsMs: [] };
    });
    this.#classes = watched.sort((a, b) => a.intervalMs - b.intervalMs);
  }

  standIn(scheduled: readonly ModbusPoint[], asked: readonly ModbusPoint[]): void {
    for (const one of this.#classes) if (one.points === scheduled) one.asked = asked;
  }

  /** A scan of these points starts. */
  begin(points: readonly ModbusPoint[], nowMs: number): void {
    const own = this.#classes.find((one) => one.asked === points);
    if (!own) return;
    own.startsMs.push(nowMs);
    if (own.startsMs.length > STARTS_MAX) own.startsMs.shift();
  }

  report(nowMs: number): LineReport {
    const loads = this.#classes.map(({ intervalMs, asked }) => {
      const requests = this.#plansOf(asked)
        .filter(({ unit }) => !unit.health.isDead)
        .flatMap((plan) => plan.requests.map((planned) => this.#costMs(plan, planned)));
      const lineMs = requests.reduce((sum, ms) => sum + ms, 0);
      return { intervalMs, requestCount: requests.length, lineMs };
    });
    const deadShare = this.#deadShare();
    const cyclesMs = forecastCycles(loads, deadShare);
    const scanClasses = loads.map((load, index): ScanClassReport => {
      const { startsMs } = this.#classes[index] as Watched;
      const predictedCycleMs = Math.round(cyclesMs[index] ?? load.intervalMs);
      return {
        ...load,
        lineMs: tenth(load.lineMs),
        predictedCycleMs,
        achievedCycleMs: meanStep(startsMs),
      };
    });
    return {
      busyPercent: tenth(100 * this.#line.busy.share(nowMs)),
      wantedPercent: tenth(100 * (wantedShare(loads) + deadShare)),
      scanClasses,
      deadUnits: [...this.#talk.units()].filter(({ health }) => health.isDead).map(({ id }) => id),
    };
  }

  /** What one request takes of the line: silence before it, its bytes, and the unit's own time. */
  #costMs({ unit }: DevicePlan, { request }: DevicePlan["requests"][number]): number {
    const { port } = this.#line;
    const quietMs = port.pauseMs + unit.pacing.quietMs;
    return quietMs + port.wireMsOf(request) + unit.times.medianMs();
  }

  #deadShare(): number {
    let share = 0;
    for (const { health } of this.#talk.units()) share += health.deadShare;
    return Math.min(DEAD_SHARE_MAX, share);
  }
}

const DEAD_SHARE_MAX = 0.1;

function meanStep(startsMs: readonly number[]): number | null {
  const [first] = startsMs;
  const last = startsMs.at(-1);
  if (first === undefined || last === undefined || startsMs.length < 2) return null;
  return Math.round((last - first) / (startsMs.length - 1));
}

const tenth = (value: number) => Math.round(value * 10) / 10;
