import { createServer, type Server, type Socket } from "node:net";
import { type Sample, Unreachable } from "@headgate/model";
import { afterEach, describe, expect, it, vi } from "vitest";
import { contents, OpcuaRig, pointAt, timed } from "./peers/opcua-rig.ts";

const voltage = { Voltage: 230.1 };

describe("an OPC UA server that goes away", () => {
  let rig: OpcuaRig;
  afterEach(() => rig.end());

  it("is Unreachable at once when killed, and good again when it is back", async () => {
    rig = await OpcuaRig.start();
    const printed = (["log", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
    const connection = await rig.open();
    const samples: Sample[] = [];
    const watching = timed(watch(connection, samples));
    await vi.waitFor(() => expect(contents(samples)).toEqual(voltage), 60_000);

    const killedMs = performance.now();
    await rig.peer.kill();
    expect((await watching).error).toBeInstanceOf(Unreachable);
    expect(performance.now() - killedMs).toBeLessThan(15_000);
    const countThen = samples.length;
    const reading = await timed(connection.read([pointAt("Voltage")], rig.signal));
    expect(reading.error).toBeInstanceOf(Unreachable);
    expect(reading.ms).toBeLessThan(4_000);
    const opening = await timed(rig.open());
    expect(opening.error).toBeInstanceOf(Unreachable);
    expect(opening.ms).toBeLessThan(15_000);

    await rig.restart();
    const again = await rig.open();
    expect(contents([...(await again.read([pointAt("Voltage")], rig.signal))])).toEqual(voltage);
    expect(samples).toHaveLength(countThen);
    for (const print of printed) expect(print).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("is Unreachable within 20 s when it hangs, and good again when it wakes", async () => {
    rig = await OpcuaRig.start();
    const connection = await rig.open();
    const samples: Sample[] = [];
    const watching = timed(watch(connection, samples));
    await vi.waitFor(() => expect(contents(samples)).toEqual(voltage), 60_000);

    const hungMs = performance.now();
    rig.peer.signal("SIGSTOP");
    expect((await watching).error).toBeInstanceOf(Unreachable);
    expect(performance.now() - hungMs).toBeLessThan(20_000);
    expect((await timed(connection.close())).ms).toBeLessThan(15_000);
    rig.peer.signal("SIGCONT");
    const again = await rig.open();
    expect(contents([...(await again.read([pointAt("Voltage")], rig.signal))])).toEqual(voltage);
  });

  it("costs a read its timeout when it hangs", async () => {
    rig = await OpcuaRig.start();
    const connection = await rig.open({ timeout: "1 s" });
    rig.peer.signal("SIGSTOP");
    const reading = await timed(connection.read([pointAt("Voltage")], rig.signal));
    expect(reading.error).toBeInstanceOf(Unreachable);
    expect(reading.ms).toBeGreaterThan(900);
    expect(reading.ms).toBeLessThan(15_000);
    rig.peer.signal("SIGCONT");
  });

  it("ends a subscription that falls silent while the session answers", async () => {
    rig = await OpcuaRig.start();
    // Keep-alives every 3 publishing intervals: silence shows after 9.
    const connection = await rig.open({ publishingInterval: "1500 ms", timeout: "30 s" });
    const samples: Sample[] = [];
    const watching = timed(watch(connection, samples));
    await vi.waitFor(() => expect(contents(samples)).toEqual(voltage), 60_000);
    rig.peer.signal("SIGSTOP");
    const { error } = await watching;
    rig.peer.signal("SIGCONT");
    expect(error).toBeInstanceOf(Unreachable);
    expect(String(error)).toContain("no notification nor keep-alive");
  });

  function watch(connection: Awaited<ReturnType<OpcuaRig["open"]>>, into: Sample[]) {
    const push = connection.subscribe?.bind(connection);
    if (!push) throw new Error("an OPC UA server can push");
    return push([pointAt("Voltage")], (some) => into.push(...some), rig.signal);
  }
});

describe("an address where something else listens", () => {
  const open: { server: Server; sockets: Socket[] } = { server: createServer(), sockets: [] };
  let rig: OpcuaRig;
  afterEach(async () => {
    for (const socket of open.sockets) socket.destroy();
    open.server.close();
    await rig.end();
  });

  it.each([
    ["says nothing", ""],
    ["speaks another language", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ])("is Unreachable within the timeout when it %s", async (_name, greeting) => {
    rig = await OpcuaRig.start();
    open.server = createServer((socket) => {
      open.sockets.push(socket);
      socket.on("error", () => socket.destroy());
      if (greeting) socket.write(greeting);
    });
    const port = await new Promise<number>((resolve) => {
      open.server.listen(0, "127.0.0.1", () => {
        const address = open.server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
    const endpoint = `opc.tcp://127.0.0.1:${port}`;
    const opening = await timed(rig.open({ endpoint, timeout: "1 s" }));
    expect(opening.error).toBeInstanceOf(Unreachable);
    expect(opening.ms).toBeLessThan(15_000);
  });
});
