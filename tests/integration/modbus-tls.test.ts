import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { modbusTcpDriver } from "@headgate/drivers/modbus";
import { createVirtualMeter } from "@headgate/drivers/testing";
import { type Context, Misconfigured, silentLog, systemClock } from "@headgate/model";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type Certificate, createAuthority } from "./peers/certificates.ts";
import { freePort } from "./peers/free-port.ts";
import { type Pymodbus, type PymodbusTls, startPymodbus, stopProcess } from "./peers/pymodbus.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "headgate-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plant = createAuthority(folder, "plant");
const stranger = createAuthority(folder, "stranger");
const good = plant.issue("meter", { altName: "IP:127.0.0.1" });
const named = plant.issue("named", { altName: "DNS:meter.plant" });
const old = plant.issue("old", { altName: "IP:127.0.0.1", days: -1 });
const own = plant.issue("gateway", { role: "operator" });
const foreign = stranger.issue("foreign");

const context: Context = {
  clock: systemClock,
  log: silentLog,
  signal: new AbortController().signal,
  directory: "",
};
const device = modbusTcpDriver.deviceSchema?.parse({ unitId: 1 });
const address = modbusTcpDriver.addressSchema.parse({ address: "holding:0", type: "uint16" });
let server: Pymodbus | null = null;

afterEach(async () => {
  await server?.stop();
  server = null;
});

/** Reads one register of a pymodbus server with TLS; gives its value, or rejects. */
async function readBy(tls: object, served: PymodbusTls): Promise<unknown> {
  server = await startPymodbus({ 1: { holding: { 0: [4321] } } }, { transport: "tls", ...served });
  return await readAt(server.port, tls);
}

async function readAt(port: number, tls: object): Promise<unknown> {
  const config = modbusTcpDriver.configSchema.parse({
    host: "127.0.0.1",
    port,
    connectTimeout: "20 s",
    timeout: "20 s",
    tls,
  });
  const connection = await modbusTcpDriver.open(config, context);
  try {
    const points = [{ id: "meter/value", address, device }] as never;
    const [sample] = await connection.read(points, context.signal);
    return sample?.value;
  } finally {
    await connection.close();
  }
}

/** What mbpoll says to a proxy with TLS, through socat with a client's certificate. */
async function mbpollBy(port: number, { cert, key }: Certificate, ...words: string[]) {
  const plain = await freePort();
  const tls = `OPENSSL:127.0.0.1:${port},cert=${cert},key=${key},cafile=${plant.ca}`;
  const listen = `TCP-LISTEN:${plain},bind=127.0.0.1,fork`;
  const socat = spawn("socat", [listen, tls], { stdio: "ignore" });
  try {
    const asked = [
      "-m",
      "tcp",
      "-p",
      `${plain}`,
      "-0",
      "-1",
      "-q",
      "-a",
      "1",
      "-r",
      "0",
      "-o",
      "10",
    ];
    for (let tried = 0; ; tried++) {
      const said = await run("mbpoll", [...asked, "-t", "4", "127.0.0.1", ...words]).then(
        ({ stdout, stderr }) => stdout + stderr,
        ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
      );
      // socat does not listen yet.
      if (!said.includes("refused") || tried > 100) return said;
      await sleep(50);
    }
  } finally {
    await stopProcess(socat);
  }
}

it("a proxy with TLS lets its authority's clients in, who write by their role", async () => {
  const meter = createVirtualMeter({ units: { 1: { holding: [77, 78] } } });
  const port = await meter.listen();
  const proxy = {
    listen: "127.0.0.1:0",
    tls: { ca: plant.ca, ...good },
    writes: [{ roles: ["operator"], units: [1], registers: ["holding:0"] }],
  };
  const config = modbusTcpDriver.configSchema.parse({ host: "127.0.0.1", port, proxy });
  const connection = await modbusTcpDriver.open(config, context);
  const served = modbusTcpDriver.createProxy?.(config, {
    connection: () => connection,
    audit: () => {},
  });
  if (!served) throw new Error("a channel with a proxy");
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      running = served.run(resolve, { ...context, signal: stop.signal });
      running.catch(reject);
    });
    const at = Number(served.report().listensAt?.split(":")[1]);
    const viewer = plant.issue("viewer", { role: "viewer" });
    expect(await mbpollBy(at, own)).toMatch(/\[0\]:\s+77/);
    expect(await mbpollBy(at, viewer, "5")).toContain("Illegal function");
    expect(await mbpollBy(at, plant.issue("nobody"), "5")).toContain("Illegal function");
    expect(await mbpollBy(at, own, "5")).toContain("Written 1 references");
    expect(await mbpollBy(at, viewer)).toMatch(/\[0\]:\s+5/);
    const { rejectedCount } = served.report();
    expect(await mbpollBy(at, foreign)).not.toMatch(/\[0\]:/);
    expect(served.report().rejectedCount).toBeGreaterThan(rejectedCount);
  } finally {
    stop.abort();
    await running;
    await connection.close();
    await meter.close();
  }
});

describe("Modbus/TCP Security against pymodbus", () => {
  it("reads a device that proves who it is, and proves who we are", async () => {
    expect(await readBy({ ca: plant.ca }, { ...good })).toBe(4321);
    await server?.stop();
    const both = { ca: plant.ca, ...own };
    expect(await readBy(both, { ...good, clientCa: plant.ca })).toBe(4321);
    await server?.stop();
    const byName = { ca: plant.ca, serverName: "meter.plant" };
    expect(await readBy(byName, { ...named })).toBe(4321);
  });

  it.each([
    ["an unknown authority", { ca: stranger.ca }, good, /not signed by whom tls.ca names/],
    ["no authority at all", {}, good, /tls.ca/],
    ["an expired certificate", { ca: plant.ca }, old, /has expired; renew it/],
    ["another's name", { ca: plant.ca }, named, /is not for 127.0.0.1.*tls.serverName/],
    ["a file that is not there", { ca: "/no/such/ca.crt" }, good, /no such file.*check the path/],
    ["a key for a certificate", { ca: plant.ca, cert: own.key, key: own.cert }, good, /PEM/],
  ])("says what to do about %s", async (_what, tls, served, text) => {
    const reading = readBy(tls, served);
    await expect(reading).rejects.toThrow(text);
    await expect(reading).rejects.toBeInstanceOf(Misconfigured);
  });

  it.each([
    ["wants one", {}, /may want a certificate of ours: name tls.cert and tls.key/],
    ["refuses it", foreign, /may refuse our certificate/],
  ])("says so if the device %s without a word", async (_what, client, text) => {
    const served = { ...good, clientCa: plant.ca };
    await expect(readBy({ ca: plant.ca, ...client }, served)).rejects.toThrow(text);
  });

  it.each([
    ["wants one", {}, /wants a certificate of ours; name tls.cert and tls.key/],
    ["does not know who signed it", foreign, /does not know who signed our certificate/],
  ])("says so if the device %s, by an alert of openssl", async (_what, client, text) => {
    const port = await freePort();
    const asked = ["-Verify", "1", "-verify_return_error", "-CAfile", plant.ca];
    const words = [
      "s_server",
      "-accept",
      `127.0.0.1:${port}`,
      "-cert",
      good.cert,
      "-key",
      good.key,
    ];
    const openssl = spawn("openssl", [...words, ...asked], { stdio: ["pipe", "pipe", "ignore"] });
    try {
      for await (const line of createInterface(openssl.stdout)) if (line === "ACCEPT") break;
      await expect(readAt(port, { ca: plant.ca, ...client })).rejects.toThrow(text);
    } finally {
      await stopProcess(openssl);
    }
  });
});
