import type { Sample } from "@headgate/model";
import { expect, it } from "vitest";
import { pick, type Random, randomOf } from "../../testing/fuzz/random.ts";
import { registersOf, type ScriptedRead, ScriptedSocket } from "../../testing/scripted-socket.ts";
import type { ModbusPoint } from "./read-plan.ts";
import { readRequest } from "./request.ts";

const ROUNDS = 30;
const UNITS = [1, 2, 9];
const REGISTERS = 60;
/** Until whatever rests is tried again. */
const FAIR_SCANS_MAX = 200;

interface Answer extends ScriptedRead {
  /** How many requests there had been: no two answers are alike. */
  readonly nth: number;
}

/** Scans that overlap, guests and changes, over a socket where much goes wrong; all is checked. */
class Weather {
  readonly socket = new ScriptedSocket({ timeoutMs: 500, maxAgeMs: 300 });
  readonly #random: Random;
  /** By when they were heard (UTC). */
  readonly #answers = new Map<number, Answer[]>();
  #lists: readonly (readonly ModbusPoint[])[] = [];
  #faultPercent = 0;
  checkedCount = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#change();
    const { socket } = this;
    socket.valueOf = (at, unitId) => wordOf(unitId, at, socket.asked.length);
    socket.refusalOf = (read) => this.#refusalOf(read);
    socket.piecesOf = (bytes) => {
      const cut = random(2) === 0 ? bytes.length : random(bytes.length);
      return [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0);
    };
  }

  /** Some scans at once, and perhaps a guest, until all of them are over. */
  async round(): Promise<void> {
    const { socket } = this;
    const random = this.#random;
    if (random(10) === 0) this.#change();
    if (random(5) === 0) socket.clock.step(pick(random, [-50_000, 3_000]));
    if (random(4) === 0) this.#faultPercent = pick(random, [0, 0, 20, 60]);
    socket.latencyMs = pick(random, [0, 1, 30]);
    const ending = new AbortController();
    const scans = Array.from({ length: 1 + random(3) }, () =>
      this.#scan(pick(random, this.#lists), random(8) === 0 ? ending.signal : null),
    );
    const all = Promise.all([...scans, this.#guest()]);
    if (random(2) === 0) await socket.answer();
    ending.abort();
    await socket.settle(all);
    await socket.clock.advance(pick(random, [0, 200, 1000]));
  }

  /** Nothing goes wrong any more: how many points stay bad for ever. */
  async clearUp(): Promise<number> {
    this.#faultPercent = 0;
    let badCount = 1;
    for (let scan = 0; scan < FAIR_SCANS_MAX && badCount > 0; scan++) {
      const all = await this.socket.settle(Promise.all(this.#lists.map((one) => this.#scan(one))));
      badCount = all.flat().filter(({ quality }) => quality === "bad").length;
      await this.socket.clock.advance(1000);
    }
    return badCount;
  }

  async #scan(points: readonly ModbusPoint[], signal: AbortSignal | null = null) {
    const { clock, connection } = this.socket;
    const startMs = clock.monotonicMs();
    const reading = connection.read(points, signal ?? new AbortController().signal);
    const given = await (signal ? reading.catch(() => []) : reading);
    const samples = [...given];
    if (signal && samples.length === 0) return samples;
    expect(samples.map(({ pointId }) => pointId)).toEqual(points.map(({ id }) => id));
    for (const [at, sample] of samples.entries()) this.#check(points[at], sample, startMs);
    return samples;
  }

  #check(point: ModbusPoint | undefined, { value, timestampMs }: Sample, startMs: number): void {
    if (!point || value === null) return;
    const { unitId } = point.device;
    const { from } = point.address;
    const then = (this.#answers.get(timestampMs) ?? []).filter((one) => one.atMs >= startMs);
    const words = answersTo(then, { unitId, from, count: 1 }).map(({ nth }) =>
      wordOf(unitId, from, nth),
    );
    if (!words.includes(value as number)) expect(words, point.id).toContain(value);
    this.checkedCount++;
  }

  async #guest(): Promise<void> {
    const random = this.#random;
    const { clock, connection } = this.socket;
    const [unitId, from] = [pick(random, UNITS), random(REGISTERS - 8)];
    const request = readRequest({ unitId, table: "holding", from, count: 8 });
    const startMs = clock.monotonicMs();
    const reply = await connection.relay({ request, isWanted: () => true, onSend: () => {} });
    if (reply.kind !== "answer") return;
    const lately = [...this.#answers.values()].flat().filter(({ atMs }) => atMs >= startMs - 300);
    const given = answersTo(lately, { unitId, from, count: 8 });
    const wanted = given.map(({ nth }) =>
      Array.from({ length: 8 }, (_, at) => wordOf(unitId, from + at, nth)).join(),
    );
    const words = Array.from({ length: 8 }, (_, at) => reply.bytes.readUInt16BE(2 * at));
    expect(wanted).toContain(words.join());
  }

  #refusalOf(read: ScriptedRead): number | "silent" | "late" | null {
    const random = this.#random;
    if (random(100) < this.#faultPercent) return pick(random, ["silent", "late", 5, 6, 10, 11]);
    const { asked, clock } = this.socket;
    const heardMs = clock.nowMs();
    const then = this.#answers.get(heardMs) ?? [];
    this.#answers.set(heardMs, [...then, { ...read, nth: asked.length }]);
    return null;
  }

  #change(): void {
    const random = this.#random;
    const some = (unitId: number) =>
      registersOf(
        unitId,
        Array.from({ length: REGISTERS }, (_, at) => at),
      ).filter(() => random(3) > 0);
    const mixed = UNITS.flatMap(some).sort((one, other) => one.address.from - other.address.from);
    this.#lists = [some(pick(random, UNITS)), UNITS.flatMap(some), mixed];
    const intervalsMs = [200, 1000, 5000];
    const { connection } = this.socket;
    connection.schedule(
      this.#lists.map((points, at) => ({ points, intervalMs: intervalsMs[at] ?? 0 })),
    );
  }
}

it.each([1, 2, 3, 4, 5])(
  "scans give what was answered to them, in any weather (%i)",
  async (seed) => {
    const weather = new Weather(randomOf(seed));
    for (let round = 0; round < ROUNDS; round++) await weather.round();
    expect(await weather.clearUp()).toBe(0);
    expect(weather.checkedCount).toBeGreaterThan(1000);
  },
);

function answersTo(
  answers: readonly Answer[],
  { unitId, from, count }: { unitId: number; from: number; count: number },
): readonly Answer[] {
  return answers.filter((one) => {
    return one.unitId === unitId && one.from <= from && from + count <= one.from + one.count;
  });
}

function wordOf(unitId: number, at: number, nth: number): number {
  const mixed = Math.imul(unitId * 1009 + at * 31 + nth * 7919 + 1, 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) & 0xffff;
}
