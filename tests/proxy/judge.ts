import type { ScadaStory } from "../integration/peers/scada.ts";
import type { DeviceWrite } from "../integration/peers/single-client.ts";

/** One reading of the gateway: the tick, and the values read with it. */
export interface Reading {
  readonly tick: number;
  readonly values: readonly number[];
}

/** A write of the gateway's own, as it was told what became of it. */
export interface OwnWrite {
  readonly point: string;
  readonly value: number | boolean;
  readonly state: string;
  readonly readBack: unknown;
}

/** All that was seen of a device and its masters. */
export interface Story {
  readonly scadas: readonly ScadaStory[];
  readonly readings: readonly Reading[];
  readonly own: readonly OwnWrite[];
  readonly device: readonly DeviceWrite[];
}

/** What is wrong, each a sentence, and how much was compared. */
export interface Judgement {
  readonly violations: readonly string[];
  readonly commonTicks: number;
  readonly writeCount: number;
}

/** The registers: 100 is everybody's, 110 is a SCADA's and its bit 15 ours. */
export const SHARED = 100;
const FLAGGED = 110;
const FLAG = 0x8000;
/** Of values in the shared register: whose they are. */
const WRITERS = 10_000;

/** What the device's registers hold at a tick; written a second time here, on purpose. */
export function valueAt(tick: number, index: number): number {
  return (tick * 7 + index * 131) % 0x10000;
}

export function judge(story: Story): Judgement {
  const violations: string[] = [];
  const { scadas, readings, own, device } = story;
  for (const [index, { faults, connects }] of scadas.entries()) {
    if (connects !== 1) violations.push(`SCADA ${index} had to connect ${connects} times`);
    violations.push(...faults.slice(0, 5).map((fault) => `SCADA ${index}: ${fault}`));
  }
  for (const { tick, values } of readings) {
    const isRight = values.every((value, index) => value === valueAt(tick, index));
    if (!isRight) violations.push(`the gateway's values do not fit at tick ${tick}: ${values}`);
  }
  const ours = new Map(readings.map(({ tick, values }) => [tick, values[0]]));
  let commonTicks = 0;
  for (const [tick, value] of scadas.flatMap(({ ticks }) => ticks)) {
    const known = ours.get(tick);
    if (known === undefined) continue;
    commonTicks++;
    if (known !== value) violations.push(`at tick ${tick}: gateway ${known}, SCADA ${value}`);
  }
  violations.push(...judgeWrites(story), ...judgeFlag(device), ...judgeReadBacks(own));
  return { violations, commonTicks, writeCount: device.length };
}

/** Every write that was acknowledged arrived once, in its writer's order; and no other did. */
function judgeWrites({ scadas, own, device }: Story): string[] {
  const arrived = device.map(({ from, values }) => `${from}=${values[0]}`);
  const claimed = [
    ...scadas.map(({ writes }) => writes.map(([from, value]) => `${from}=${value}`)),
    own.filter(({ point }) => point.endsWith("/shared")).map(({ value }) => `${SHARED}=${value}`),
  ];
  const violations: string[] = [];
  const counts = new Map<string, number>();
  for (const one of arrived) counts.set(one, (counts.get(one) ?? 0) + 1);
  for (const [index, writes] of claimed.entries()) {
    let at = -1;
    for (const one of writes) {
      const next = arrived.indexOf(one, at + 1);
      if (next < 0) violations.push(`write ${one} of master ${index} is missing or out of order`);
      else at = next;
      // Ours writes the whole register to change a bit of it, or leave it.
      if (one.startsWith(`${FLAGGED}=`)) continue;
      if (counts.get(one) !== 1) violations.push(`write ${one} arrived ${counts.get(one)} times`);
    }
  }
  const flagCount = own.length - (claimed.at(-1)?.length ?? 0);
  const wanted = claimed.reduce((sum, { length }) => sum + length, flagCount);
  if (device.length !== wanted) {
    violations.push(`the device got ${device.length} writes, its masters sent ${wanted}`);
  }
  return violations;
}

/** Ours reads the register, changes one bit, writes it: no write may be lost in between. */
function judgeFlag(device: readonly DeviceWrite[]): string[] {
  let last = -1;
  const violations: string[] = [];
  for (const { from, values } of device) {
    if (from !== FLAGGED) continue;
    const number = (values[0] as number) & ~FLAG;
    if (number < last) violations.push(`write ${last} to register ${FLAGGED} was overwritten`);
    last = Math.max(last, number);
  }
  return violations;
}

/** Verified; or another master was there between writing and reading back. */
function judgeReadBacks(own: readonly OwnWrite[]): string[] {
  return own.flatMap(({ point, value, state, readBack }) => {
    if (state === "verified") return [];
    const isAnothers =
      state === "mismatch" &&
      (point.endsWith("/flag") ||
        (typeof readBack === "number" && typeof value === "number"
          ? Math.floor(readBack / WRITERS) !== Math.floor(value / WRITERS)
          : false));
    return isAnothers ? [] : [`the gateway's write ${point} = ${value} is ${state} (${readBack})`];
  });
}
