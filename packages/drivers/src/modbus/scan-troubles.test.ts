import type { Sample } from "@headgate/model";
import { describe, expect, it } from "vitest";
import {
  registersOf,
  ScriptedSocket,
  type ScriptedSocketOptions,
} from "../../testing/scripted-socket.ts";
import type { ModbusPoint } from "./read-plan.ts";
import { type Request, readRequest } from "./request.ts";
import { deviceSchema } from "./settings.ts";

const TIMEOUT_MS = 500;
const DAY_MS = 86_400_000;
const BUSY = 6;
const ILLEGAL_ADDRESS = 2;

/** Two blocks, too far from each other for one request. */
const BLOCKS = [0, 1, 1000, 1001];

/** A socket whose units have answered: from then on reads are plain. */
async function met(points: readonly ModbusPoint[], options: Partial<ScriptedSocketOptions> = {}) {
  const socket = new ScriptedSocket({ timeoutMs: TIMEOUT_MS, ...options });
  await socket.read(points);
  return socket;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const valuesOf = (samples: readonly Sample[]) => samples.map(({ value }) => value);

/** Between the two requests of a scan. */
async function silenceOf(socket: ScriptedSocket): Promise<number> {
  const before = socket.asked.length;
  await socket.read(registersOf(1, BLOCKS));
  const [first, second] = socket.asked.slice(before).map(({ atMs }) => atMs);
  return (second as number) - (first as number);
}

describe("a scan amid trouble", () => {
  const points = registersOf(1, BLOCKS);

  it("keeps of a block that is refused for the moment nothing for those after it", async () => {
    const blocks = registersOf(1, [...BLOCKS, 2000]);
    const socket = await met(blocks);
    socket.refusalOf = ({ from }) => (from === 0 ? BUSY : null);
    expect(valuesOf(await socket.read(blocks))).toEqual([null, null, 1000, 1001, 2000]);
  });

  it("reads alike points of two devices each in its device's byte order", async () => {
    const [plain] = registersOf(1, [0]) as [ModbusPoint];
    const swapped = { ...plain, device: deviceSchema.parse({ unitId: 2, order: "DCBA" }) };
    const socket = await met([plain, swapped]);
    socket.valueOf = () => 0x0102;
    expect(valuesOf(await socket.read([plain, swapped]))).toEqual([0x0102, 0x0201]);
  });

  it("needs no more silence where a unit misses what comes after a long one", async () => {
    const socket = await met(points);
    for (let miss = 0; miss < 4; miss++) {
      await socket.clock.advance(5000);
      let isDeaf = true;
      socket.refusalOf = () => {
        const refusal = isDeaf ? "silent" : null;
        isDeaf = false;
        return refusal;
      };
      await socket.read(points);
    }
    expect(await silenceOf(socket)).toBe(0);
  });

  it("puts the values of several units where they belong, however they are listed", async () => {
    const [one, two] = [registersOf(1, BLOCKS), registersOf(2, BLOCKS)];
    const mixed = [0, 3, 1, 2].flatMap((at) => [two[at] as ModbusPoint, one[at] as ModbusPoint]);
    const socket = await met(mixed);
    socket.valueOf = (at, unitId) => at + 10_000 * unitId;
    const samples = await socket.read(mixed);
    const wanted = mixed.map(({ address, device }) => address.from + 10_000 * device.unitId);
    expect(valuesOf(samples)).toEqual(wanted);
    expect(samples.map(({ pointId }) => pointId)).toEqual(mixed.map(({ id }) => id));
    socket.refusalOf = ({ unitId }) => (unitId === 2 ? "silent" : null);
    const halved = wanted.map((value) => (value >= 20_000 ? null : value));
    expect(valuesOf(await socket.read(mixed))).toEqual(halved);
  });

  it("is told of a line that is lost since none of its units answers", async () => {
    const points = [...registersOf(1, [0]), ...registersOf(2, [0])];
    const socket = await met(points, { timeoutsMax: 2 });
    socket.refusalOf = () => "silent";
    await expect(socket.read(points)).rejects.toThrow("3 requests in a row had no answer");
  });

  it("asks a unit that has never answered once, and not at once again", async () => {
    const points = registersOf(1, [0]);
    const socket = new ScriptedSocket({ timeoutMs: TIMEOUT_MS });
    socket.refusalOf = () => "silent";
    expect(valuesOf(await socket.read(points))).toEqual([null]);
    expect(socket.asked).toHaveLength(1);
  });

  it("keeps the silence that a unit needs", async () => {
    expect(await silenceOf(await met(points, { quietMs: 40 }))).toBe(40);
    expect(await silenceOf(await met(points, { pauseMs: 30 }))).toBe(30);
  });

  it("learns no silence from a frame that is lost now and then", async () => {
    const socket = await met(points);
    // So slow that its timeout is not shortened: that would be the first to be doubted.
    socket.latencyMs = 140;
    for (let time = 0; time < 4; time++) {
      for (let scan = 0; scan < 10; scan++) await socket.read(points);
      const lost = socket.asked.length;
      socket.refusalOf = () => (socket.asked.length === lost + 1 ? "silent" : null);
      expect(valuesOf(await socket.read(points))).toEqual(BLOCKS);
      socket.refusalOf = () => null;
    }
    expect(await silenceOf(socket)).toBe(140);
  });

  it("waits for a unit that is slow three times as long as ever", async () => {
    const socket = await met(points);
    const before = socket.asked.length;
    socket.latencyMs = 120;
    for (let scan = 0; scan < 20; scan++) await socket.read(points);
    socket.latencyMs = 3 * 120 + 90;
    expect(valuesOf(await socket.read(points))).toEqual(BLOCKS);
    expect(socket.asked.length - before).toBe(42);
  });

  it("is over where a unit stays silent for long, and has it once it answers", async () => {
    const dead = registersOf(2, [0]);
    const both = [...points, ...dead];
    const socket = await met(both);
    socket.refusalOf = ({ unitId }) => (unitId === 2 ? "silent" : null);
    for (let scan = 0; scan < 20; scan++) {
      expect(valuesOf(await socket.read(both))).toEqual([...BLOCKS, null]);
      await socket.clock.advance(1000);
    }
    socket.refusalOf = () => null;
    await socket.clock.advance(60_000);
    expect(valuesOf(await socket.read(both))).toEqual([...BLOCKS, 0]);
  });

  it.each(["uint16", "int16"] as const)("dates and places %s that stand apart", async (type) => {
    const device = deviceSchema.parse({ unitId: 1, maxGap: 8 });
    const places = [0, 3, 6, 9, 1000, 1003, 1006];
    const apart = registersOf(1, places).map(({ id, address }): ModbusPoint => {
      return { id, device, address: { ...address, type } };
    });
    const socket = await met(apart);
    socket.latencyMs = 100;
    const startMs = socket.clock.nowMs();
    const samples = await socket.read(apart);
    expect(socket.asked.map(({ count }) => count)).toEqual([10, 7, 10, 7]);
    expect(valuesOf(samples)).toEqual(places);
    const latenciesMs = samples.map(({ timestampMs }) => timestampMs - startMs);
    expect(latenciesMs).toEqual([100, 100, 100, 100, 200, 200, 200]);
  });

  it("reads two thousand coils as one request, each where it belongs", async () => {
    const coils = registersOf(1, upTo(2000), "coil");
    const socket = await met(coils);
    socket.valueOf = (at) => (at * at) % 7;
    expect(valuesOf(await socket.read(coils))).toEqual(
      upTo(2000).map((at) => ((at * at) % 7) % 2 === 1),
    );
    expect(socket.asked.map(({ count }) => count)).toEqual([2000, 2000]);
  });

  it("tries again what is due when it comes to the device, not when it began", async () => {
    const refused = registersOf(2, [0]);
    const points = [...registersOf(1, [0]), ...refused];
    const socket = new ScriptedSocket({ timeoutMs: TIMEOUT_MS });
    socket.refusalOf = ({ unitId }) => (unitId === 2 ? ILLEGAL_ADDRESS : null);
    await socket.read(points);
    socket.refusalOf = () => null;
    await socket.clock.advance(59_900);
    socket.latencyMs = 200;
    expect(valuesOf(await socket.read(points))).toEqual([0, 0]);
  });
});

describe("what a device refuses over a socket", () => {
  it("is asked once a scan if it gave it before, and dated when it gives it again", async () => {
    const points = registersOf(1, [0, 1000]);
    const socket = await met(points);
    socket.latencyMs = 100;
    socket.refusalOf = ({ from }) => (from === 1000 ? ILLEGAL_ADDRESS : null);
    const refused = await socket.read(points);
    expect(valuesOf(refused)).toEqual([0, null]);
    socket.refusalOf = () => null;
    const startMs = socket.clock.nowMs();
    const given = await socket.read(points);
    expect(valuesOf(given)).toEqual([0, 1000]);
    expect(given.map(({ timestampMs }) => timestampMs - startMs)).toEqual([100, 200]);
    const before = socket.asked.length;
    expect(valuesOf(await socket.read(points))).toEqual([0, 1000]);
    expect(socket.asked.length - before).toBe(2);
  });

  it("is found out in several scans if it is much, with a bound for each", async () => {
    const points = registersOf(1, upTo(100));
    const odd = ({ from, count }: { from: number; count: number }) => count > 1 || from % 2 === 1;
    const socket = new ScriptedSocket({ timeoutMs: TIMEOUT_MS });
    socket.refusalOf = (read) => (odd(read) ? ILLEGAL_ADDRESS : null);
    const counts: number[] = [];
    for (let scan = 0; scan < 6; scan++) {
      const before = socket.asked.length;
      const samples = await socket.read(points);
      counts.push(socket.asked.length - before);
      if (samples.filter(({ quality }) => quality === "good").length === 50) break;
    }
    expect(Math.max(...counts)).toBeLessThan(200);
    expect(valuesOf(await socket.read(points))).toEqual(
      upTo(100).map((at) => (at % 2 === 1 ? null : at)),
    );
  });

  it("for a moment only, having given it before, teaches nothing", async () => {
    const points = registersOf(1, upTo(8));
    const socket = await met(points);
    socket.refusalOf = ({ count }) => (count === 8 ? ILLEGAL_ADDRESS : null);
    expect(valuesOf(await socket.read(points))).toEqual(upTo(8));
    socket.refusalOf = () => null;
    const before = socket.asked.length;
    await socket.read(points);
    expect(socket.asked.slice(before).map(({ count }) => count)).toEqual([8]);
  });

  it("is a request of full length again once it was taken, a minute after a start", async () => {
    const points = registersOf(1, upTo(4));
    const socket = new ScriptedSocket({ timeoutMs: TIMEOUT_MS });
    socket.refusalOf = ({ from, count }) => (from + count > 3 ? ILLEGAL_ADDRESS : null);
    expect(valuesOf(await socket.read(points))).toEqual([0, 1, 2, null]);
    socket.refusalOf = () => null;
    await socket.clock.advance(61_000);
    expect(valuesOf(await socket.read(points))).toEqual(upTo(4));
    const before = socket.asked.length;
    await socket.read(points);
    expect(socket.asked.slice(before).map(({ count }) => count)).toEqual([4]);
  });

  it("for its length is tried again after a day", async () => {
    const points = registersOf(1, upTo(40));
    const socket = new ScriptedSocket({ timeoutMs: TIMEOUT_MS });
    socket.refusalOf = ({ count }) => (count > 20 ? ILLEGAL_ADDRESS : null);
    for (let scan = 0; scan < 3; scan++) await socket.read(points);
    socket.refusalOf = () => null;
    await socket.clock.advance(DAY_MS + 60_000);
    await socket.read(points);
    const before = socket.asked.length;
    expect(valuesOf(await socket.read(points))).toEqual(upTo(40));
    expect(socket.asked.slice(before).map(({ count }) => count)).toEqual([40]);
  });
});

describe("guests beside scans over a socket", () => {
  const points = registersOf(1, BLOCKS);

  function guestOf(socket: ScriptedSocket, request: Request) {
    return socket.connection.relay({ request, isWanted: () => true, onSend: () => {} });
  }

  const read = (from: number) => readRequest({ unitId: 1, table: "holding", from, count: 2 });

  it("wait for the scan under way once they had their share, and go when it is over", async () => {
    const socket = await met(points);
    socket.latencyMs = 400;
    await socket.settle(guestOf(socket, read(500)));
    socket.latencyMs = 1;
    const before = socket.asked.length;
    const scan = socket.connection.read(points, new AbortController().signal);
    const guest = guestOf(socket, read(600));
    await Promise.all([socket.settle(scan), socket.settle(guest)]);
    expect(socket.asked.slice(before).map(({ from }) => from)).toEqual([0, 1000, 600]);
  });

  it("need not wait for scans that were ended before they began, or amid them", async () => {
    const socket = await met(points);
    const ending = new AbortController();
    const amid = socket.connection.read(points, ending.signal);
    ending.abort();
    await expect(socket.settle(amid)).rejects.toThrow("reading was ended");
    const before = socket.connection.read(points, ending.signal);
    await expect(socket.settle(before)).rejects.toThrow("reading was ended");
    for (const from of [500, 600, 700]) {
      socket.latencyMs = 400;
      expect(await socket.settle(guestOf(socket, read(from)))).toMatchObject({ kind: "answer" });
    }
  });

  it("are given what a scan has just read, as it was then, until it is too old", async () => {
    const socket = await met(points, { maxAgeMs: 300 });
    socket.latencyMs = 100;
    socket.valueOf = (at) => at + 1;
    await socket.read(points);
    socket.valueOf = () => 0xffff;
    const before = socket.asked.length;
    // The low block was asked for 200 ms ago, the high one 100 ms later.
    const kept = await socket.settle(guestOf(socket, read(1000)));
    expect(kept).toMatchObject({ bytes: Buffer.from([0x03, 0xe9, 0x03, 0xea]) });
    await socket.clock.advance(150);
    expect(socket.asked.length).toBe(before);
    const anew = await socket.settle(guestOf(socket, read(0)));
    expect(anew).toMatchObject({ bytes: Buffer.from([0xff, 0xff, 0xff, 0xff]) });
    expect(socket.asked.length).toBe(before + 1);
  });
});
