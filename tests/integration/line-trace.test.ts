import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { headgate } from "./peers/headgate.ts";
import { type Pymodbus, startPymodbus } from "./peers/pymodbus.ts";
import { RunningGateway } from "./peers/running-gateway.ts";
import { type SocatPair, startSocatPair } from "./peers/socat-pair.ts";

const run = promisify(execFile);
const BAUD_RATE = 115_200;
const unit = { holding: { 40: [0x4366, 0x199a, 500] } };

let pair: SocatPair;
let overTcp: Pymodbus;
let overSerial: Pymodbus;
let gateway: RunningGateway;

beforeAll(async () => {
  pair = await startSocatPair();
  const serial = { transport: "rtu", path: pair.theirs, baudRate: BAUD_RATE } as const;
  overSerial = await startPymodbus({ 7: unit }, serial);
  overTcp = await startPymodbus({ 7: unit });
  const timeout = "200 ms";
  const points = {
    voltage: { address: "holding:40", type: "float32" },
    frequency: { address: "holding:42", scale: 0.1 },
    refused: { address: "holding:90" },
  };
  const one = { silence: { address: "holding:40" } };
  const scan = "100 ms";
  gateway = await RunningGateway.prepare({
    channels: {
      plc: { driver: "modbus-tcp", host: "127.0.0.1", port: overTcp.port, timeout },
      bus: { driver: "modbus-rtu", path: pair.ours, baudRate: BAUD_RATE, timeout },
    },
    devices: {
      meter: { channel: "plc", unitId: 7, scan, points },
      "bus-meter": { channel: "bus", unitId: 7, scan, points },
      "bus-absent": { channel: "bus", unitId: 9, scan, points: one },
    },
  });
  gateway.start();
  await goodPoints(4);
});

afterAll(async () => {
  await gateway?.end();
  await overTcp?.stop();
  await overSerial?.stop();
  await pair?.stop();
});

async function goodPoints(wanted: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const status = await gateway.status().catch(() => null); // Not listening yet.
    if (status && status.points.good >= wanted) return;
    await sleep(100);
  }
  throw new Error("the gateway reads nothing");
}

async function trace(...words: string[]): Promise<string> {
  const config = join(gateway.folder, "gateway.yaml");
  const { code, out, err } = await headgate("trace", ...words, "-c", config);
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
  return out;
}

const FIELDS = ["modbus.func_code", "modbus.regnum16", "modbus.regval_uint16"];

/** What Wireshark's own dissector makes of a recording: one line of fields for each packet. */
async function dissect(file: string, options: readonly string[]): Promise<string[]> {
  const fields = [...FIELDS, "modbus.exception_code"].flatMap((field) => ["-e", field]);
  const words = ["-r", file, ...options, "-Y", "modbus", "-T", "fields", ...fields];
  const { stdout } = await run("tshark", words, { timeout: 60_000 });
  return stdout.split("\n").filter((line) => line !== "");
}

test.each(["plc", "bus"])("what went over %s is told a line a frame", async (channel) => {
  const told = await trace(channel);
  expect(told).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}> {2}unit 7 {4}read holding:40 to 42$/m);
  expect(told).toMatch(/ {2}< {2}unit 7 {4}holding:40 to 42 = 4366 199A 01F4 {2}[\d.]+ ms$/m);
});

test("counters say how each unit answers", async () => {
  const { units } = JSON.parse(await trace("bus", "--units", "--json"));
  const [answering, absent] = [7, 9].map((id) =>
    units.find((one: { unit: number }) => one.unit === id),
  );
  expect(answering.okCount).toBeGreaterThan(0);
  expect(answering.exceptions["illegal data address"]).toBeGreaterThan(0);
  expect(answering.roundTripMs.max).toBeGreaterThanOrEqual(answering.roundTripMs.p50);
  expect(absent).toMatchObject({ okCount: 0, roundTripMs: null });
  expect(absent.timeoutCount).toBe(absent.requestCount);
  expect(await trace("bus", "--units")).toMatch(/^UNIT +REQUESTS .*\n7 +\d+ /);
});

test.each(["plc", "bus"])("a recording of %s is Modbus to Wireshark", async (channel) => {
  const file = join(gateway.folder, `${channel}.pcap`);
  const told = await trace(channel, "--record", file, "--seconds", "1");
  // The command's last line is what to type.
  const [, options = ""] = new RegExp(`tshark -r ${file}(.*)\n`).exec(told) ?? [];
  const lines = await dissect(file, options.split(" ").filter(Boolean));
  expect(lines).toContain("3\t40,41,42\t17254,6554,500\t");
  expect(lines).toContain("3\t\t\t2");
  expect(new Set(lines.map((line) => line.split("\t")[0]))).toEqual(new Set(["3"]));
  const { stdout } = await run("tshark", ["-r", file, "-Y", "tcp.analysis.flags || _ws.malformed"]);
  expect(stdout).toBe("");
});

test("what is asked wrongly is said with what to do", async () => {
  const config = join(gateway.folder, "gateway.yaml");
  const wrong = await headgate("trace", "buss", "-c", config);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/did you mean bus\?/)]);
  const nowhere = join(gateway.folder, "no-such-folder", "bus.pcap");
  const lost = await headgate("trace", "bus", "--record", nowhere, "-c", config);
  expect([lost.code, lost.err]).toEqual([2, expect.stringMatching(/file that can be written/)]);
});
