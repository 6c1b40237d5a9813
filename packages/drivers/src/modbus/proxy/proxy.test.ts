import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createVirtualMeter } from "@headgate/drivers/testing";
import {
  type Connection,
  type Context,
  type GuestWrite,
  silentLog,
  systemClock,
} from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { modbusTcpDriver } from "../driver.ts";

const context: Context = {
  clock: systemClock,
  log: silentLog,
  signal: new AbortController().signal,
  directory: "",
};
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A device of three tables behind a proxy; `line` is the channel's connection. */
async function world(settings: object = {}, channel: object = {}) {
  const holding = Array.from({ length: 200 }, (_, at) => at);
  const coil = Array.from({ length: 16 }, () => 0);
  const meter = createVirtualMeter({ units: { 1: { holding, coil, input: [7, 8] } } });
  cleanUps.push(() => meter.close());
  const port = await meter.listen();
  const proxy = { listen: "127.0.0.1:0", ...settings };
  const place = { host: "127.0.0.1" };
  const config = modbusTcpDriver.configSchema.parse({ ...place, port, proxy, ...channel });
  const audited: GuestWrite[] = [];
  const line = { connection: null as Connection | null };
  const open = async () => {
    const opened = await modbusTcpDriver.open(config, context);
    cleanUps.push(() => opened.close());
    line.connection = opened as Connection;
  };
  await open();
  const deps = {
    connection: () => line.connection,
    audit: (write: GuestWrite) => void audited.push(write),
  };
  const served = modbusTcpDriver.createProxy?.(config, deps);
  if (!served) throw new Error("a channel with a proxy");
  const stop = new AbortController();
  await new Promise<void>((resolve) => {
    const running = served.run(resolve, { ...context, signal: stop.signal });
    cleanUps.push(async () => {
      stop.abort();
      await running;
    });
  });
  const listensAt = Number(served.report().listensAt?.split(":")[1]);
  return { meter, unit: meter.unit(1), served, audited, line, open, listensAt, holding };
}

/** A client that sends PDUs and gives what it is answered, as hex. */
async function client(port: number, unitId = 1) {
  const socket = connect(port, "127.0.0.1");
  cleanUps.push(async () => socket.destroy());
  await once(socket, "connect");
  let rest = Buffer.alloc(0);
  const waiting: ((answer: string) => void)[] = [];
  socket.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length > 6 && rest.length >= 6 + rest.readUInt16BE(4)) {
      const end = 6 + rest.readUInt16BE(4);
      waiting.shift()?.(rest.subarray(7, end).toString("hex"));
      rest = rest.subarray(end);
    }
  });
  let id = 0;
  const ask = (hex: string) => {
    const pdu = Buffer.from(hex, "hex");
    const head = Buffer.from([0, ++id & 0xff, 0, 0, 0, pdu.length + 1, unitId]);
    socket.write(Buffer.concat([head, pdu]));
    return new Promise<string>((resolve) => waiting.push(resolve));
  };
  return { socket, ask };
}

const closed = (socket: Socket) =>
  socket.destroyed ? Promise.resolve() : once(socket.resume(), "close").then(() => {});

const allowAll = { writes: [{ units: [1], registers: ["holding:0-150", "coil:0-15"] }] };

describe("a proxy", () => {
  it("answers a read from what was read lately, if one answer held all of it", async () => {
    const { unit, served, listensAt } = await world({ maxAge: "1 min" });
    const { ask } = await client(listensAt);
    expect(await ask("0300050004")).toBe("03080005000600070008");
    const { requestCount } = unit;
    expect(await ask("0300060002")).toBe("030400060007");
    expect(unit.requestCount).toBe(requestCount);
    expect(await ask("0300080002")).toBe("030400080009");
    expect(await ask("0400000002")).toBe("040400070008");
    expect(unit.requestCount).toBe(requestCount + 2);
    expect(served.report()).toMatchObject({ requestCount: 4, cachedCount: 1, clientCount: 1 });
  });

  it("asks each time where nothing may be old", async () => {
    const { unit, listensAt } = await world({ maxAge: 0 });
    const { ask } = await client(listensAt);
    for (let count = 1; count <= 3; count++) {
      await ask("0300050001");
      expect(unit.requestCount).toBe(count);
    }
  });

  it("hands on what the device refuses, and refuses itself what is no request", async () => {
    const { listensAt, unit } = await world();
    const { ask } = await client(listensAt);
    expect(await ask("0300c70002")).toBe("8302");
    const { requestCount } = unit;
    const ownAnswers = ["2b0e0100", "030000007e", "03ffff0002", "0300", "0f0000000901ff"];
    const answers = [];
    for (const asked of ownAnswers) answers.push(await ask(asked));
    expect(answers).toEqual(["ab01", "8303", "8302", "8303", "8f03"]);
    expect(unit.requestCount).toBe(requestCount);
  });

  it("denies a write that no rule allows, with exception 1, and tells of it", async () => {
    const { listensAt, unit, audited } = await world({
      writes: [{ units: [1], registers: ["holding:10-11"] }],
    });
    const { ask } = await client(listensAt);
    const denied = ["06000c0001", "10000b00020400010002", "05000aff00", "0f000a00010103"];
    const answers = [];
    for (const asked of denied) answers.push(await ask(asked));
    expect(answers).toEqual(["8601", "9001", "8501", "8f01"]);
    expect(unit.requestCount).toBe(0);
    expect(audited.map(({ outcome, place }) => `${outcome} ${place}`)).toEqual([
      "denied holding:12",
      "denied holding:11",
      "denied coil:10",
      "denied coil:10",
    ]);
  });

  it("passes a write that is allowed, and forgets what was read before it", async () => {
    const { listensAt, audited, holding } = await world({ maxAge: "1 min", ...allowAll });
    const { ask } = await client(listensAt);
    expect(await ask("0300050001")).toBe("03020005");
    expect(await ask("0600050102")).toBe("0600050102");
    expect(await ask("0300050001")).toBe("03020102");
    expect(await ask("1000060002040a0b0c0d")).toBe("1000060002");
    expect(holding.slice(5, 8)).toEqual([0x0102, 0x0a0b, 0x0c0d]);
    expect(await ask("050003ff00")).toBe("050003ff00");
    expect(await ask("0f0000000a01ff03")).toBe("8f03");
    expect(await ask("0f0000000a02ff03")).toBe("0f0000000a");
    expect(audited.map(({ outcome, values }) => [outcome, ...values])).toEqual([
      ["done", 0x0102],
      ["done", 0x0a0b, 0x0c0d],
      ["done", true],
      ["done", ...Array.from({ length: 10 }, () => true)],
    ]);
  });

  it("lets a client's silent registers cost our own readings nothing", async () => {
    const { listensAt, line, unit } = await world({ maxAge: 0 }, { timeout: 100 });
    const device = modbusTcpDriver.deviceSchema?.parse({});
    const address = modbusTcpDriver.addressSchema.parse({ address: "holding:7" });
    const points = [{ id: "d/p", address, device }];
    line.connection?.schedule?.([{ intervalMs: 60_000, points }]);
    const own = async () => (await line.connection?.read(points, context.signal))?.at(0);
    expect(await own()).toMatchObject({ quality: "good", value: 7 });
    const { ask } = await client(listensAt);
    unit.faults.isSilent = true;
    for (let from = 0; from < 8; from++) expect(await ask(`03000${from}0001`)).toBe("830b");
    unit.faults.isSilent = false;
    expect(await own()).toMatchObject({ quality: "good", value: 7 });
    expect(await ask("0300050001")).toBe("03020005");
  });

  it("sends nothing of a client that went before it was its turn", async () => {
    const { listensAt, unit, audited, holding } = await world({ maxAge: 0, ...allowAll });
    unit.faults.delayMs = 1500;
    const { ask } = await client(listensAt);
    const first = ask("0300000001");
    await expect.poll(() => unit.requestCount).toBe(1);
    unit.faults.delayMs = 0;
    const gone = await client(listensAt);
    void gone.ask("0600050102");
    // It has come in before its client goes.
    const waiting = await client(listensAt);
    const last = waiting.ask("0300010001");
    gone.socket.end();
    await Promise.all([first, last]);
    expect(holding[5]).toBe(5);
    expect(audited.map(({ outcome }) => outcome)).toEqual(["not-sent"]);
  });

  it("lets no client's write in between the two halves of one of ours", async () => {
    const { listensAt, line, unit, holding } = await world(allowAll);
    const { ask } = await client(listensAt);
    unit.faults.delayMs = 30;
    const device = modbusTcpDriver.deviceSchema?.parse({});
    const address = modbusTcpDriver.addressSchema.parse({
      address: "holding:20",
      type: "bit",
      bit: 15,
    });
    const point = { id: "d/flag", address, device };
    const own = line.connection?.write?.(point, true, context.signal);
    await ask("0600140007");
    await own;
    expect(holding[20]).toBe(7);
    await line.connection?.write?.(point, true, context.signal);
    expect(holding[20]).toBe(0x8007);
  });

  it("gives clients their share of a line that scans want all of, and no more", async () => {
    const { listensAt, line, unit } = await world({ maxAge: 0 });
    unit.faults.delayMs = 2;
    const device = modbusTcpDriver.deviceSchema?.parse({ oneRequestPerPoint: true });
    const points = Array.from({ length: 5 }, (_, at) => {
      const address = modbusTcpDriver.addressSchema.parse({ address: `holding:${at}` });
      return { id: `d/${at}`, address, device };
    });
    const isOver = { value: false };
    const guests = Array.from({ length: 6 }, async () => {
      const { ask } = await client(listensAt);
      while (!isOver.value) await ask("0300640001");
    });
    await expect.poll(() => unit.requestCount).toBeGreaterThan(6);
    const before = unit.requestCount;
    for (let scan = 0; scan < 40; scan++) await line.connection?.read(points, context.signal);
    const all = unit.requestCount - before;
    isOver.value = true;
    await Promise.all(guests);
    const guestShare = 1 - (40 * points.length) / all;
    expect(guestShare).toBeGreaterThan(0.15);
    expect(guestShare).toBeLessThan(0.45);
  });

  it("keeps its clients while the line is down, and says so", async () => {
    const { listensAt, line, open } = await world({ maxAge: 0 });
    const { ask } = await client(listensAt);
    await line.connection?.close();
    expect(await ask("0300050001")).toBe("830a");
    line.connection = null;
    expect(await ask("0300050001")).toBe("830a");
    await open();
    expect(await ask("0300050001")).toBe("03020005");
  });

  it("lets go of one that sends garbage, and of no other", async () => {
    const { listensAt, served } = await world();
    const good = await client(listensAt);
    for (const garbage of ["474554202f20485454502f", "000100000001", "0001000003e8010300"]) {
      const bad = await client(listensAt);
      bad.socket.on("error", () => bad.socket.destroy());
      bad.socket.write(Buffer.from(garbage, "hex"));
      await closed(bad.socket);
    }
    expect(await good.ask("0300050001")).toBe("03020005");
    await expect.poll(() => served.report()).toMatchObject({ clientCount: 1, rejectedCount: 3 });
  });

  it("lets go of one that is idle or sends half a request", async () => {
    const { listensAt } = await world({ idle: "1 s" });
    const half = await client(listensAt);
    half.socket.write(Buffer.from("000100000006", "hex"));
    const idle = await client(listensAt);
    await Promise.all([closed(half.socket), closed(idle.socket)]);
  });

  it("sends away whom it may not let in", async () => {
    const { listensAt, served } = await world({ clients: ["192.0.2.0/24"] });
    const stranger = connect(listensAt, "127.0.0.1");
    stranger.on("error", () => stranger.destroy());
    await closed(stranger);
    await expect.poll(() => served.report().rejectedCount).toBe(1);
  });

  it("sends away one too many", async () => {
    const { listensAt, served } = await world({ clientsMax: 2 });
    const first = await client(listensAt);
    const second = await client(listensAt);
    await Promise.all([first.ask("0300050001"), second.ask("0300050001")]);
    const third = connect(listensAt, "127.0.0.1");
    third.on("error", () => third.destroy());
    await closed(third);
    expect(served.report()).toMatchObject({ clientCount: 2, rejectedCount: 1 });
    expect(await first.ask("0300050001")).toBe("03020005");
  });

  it("answers many clients that send ahead, each in order", async () => {
    const { listensAt } = await world();
    const clients = await Promise.all(Array.from({ length: 8 }, () => client(listensAt)));
    const asked = clients.flatMap(({ ask }, own) =>
      Array.from({ length: 50 }, async (_, at) => {
        const register = (own * 50 + at) % 200;
        const hex = register.toString(16).padStart(4, "0");
        expect(await ask(`03${hex}0001`)).toBe(`0302${hex}`);
      }),
    );
    await Promise.all(asked);
  });

  it("asks no unit that does not answer more often than the gateway does", async () => {
    const { listensAt, meter } = await world({ maxAge: 0 });
    const device = modbusTcpDriver.deviceSchema?.parse({});
    expect(device).toMatchObject({ unitId: 1 });
    meter.unit(1).faults.isSilent = true;
    const { ask } = await client(listensAt);
    const answers = [];
    for (let count = 0; count < 6; count++) answers.push(await ask("0300050001"));
    expect(new Set(answers)).toEqual(new Set(["830b", "830a"]));
  });
});
