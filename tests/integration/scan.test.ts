import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVirtualLine } from "@headgate/drivers/testing";
import { expect, test, vi } from "vitest";
import { headgate } from "./peers/headgate.ts";
import { startMeters } from "./peers/meters.ts";
import { startOpcuaPeer } from "./peers/opcua-peer.ts";
import { startPymodbus } from "./peers/pymodbus.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

// Devices that are not made of our own code, found by the command as people run it.

/** Volts, hertz and a power factor where an SDM120 has them, as float32 ABCD. */
const SDM120 = {
  input: {
    0: [0x4366, 0x199a],
    6: [0x40a0, 0x0000],
    12: [0x4480, 0x0000],
    18: [0x4489, 0x8000],
    24: [0x43c8, 0x0000],
    30: [0x3f6e, 0x147b],
    70: [0x4247, 0xeb85],
    72: [0x42f6, 0xe666, 0x3f80, 0x0000, 0x3f80, 0x0000, 0x3f80, 0x0000],
    342: [0x42f8, 0x0000, 0x4000, 0x0000],
  },
};
const STRANGER = { holding: { 9000: [1, 2, 3] } };

/** A machine with other work takes its time. */
const BUSY_MS = 240_000;

interface Told {
  readonly device: { readonly unitId: number };
  readonly channel: { readonly baudRate?: number };
  readonly verdict: string;
  readonly proposals: readonly { readonly profile: string }[];
}

async function scan(...words: string[]): Promise<readonly Told[]> {
  const { code, out, err } = await headgate("scan", "modbus", ...words, "--json");
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
  return JSON.parse(out) as Told[];
}

const summary = (told: readonly Told[]) =>
  told.map(({ device, verdict, proposals }) => {
    return [device.unitId, verdict, ...proposals.map(({ profile }) => profile)];
  });

test(
  "pymodbus on a serial line of unknown speed, and over TCP",
  async () => {
    const line = await openVirtualLine({ baudRate: 19_200, portCount: 1 });
    const path = line.ports[0] as string;
    const serial = await startPymodbus({ 3: SDM120 }, { transport: "rtu", path, baudRate: 19_200 });
    const server = await startPymodbus({ 3: SDM120, 4: STRANGER });
    try {
      const wide = ["--baud", "57600,19200", "--parity", "none", "--units", "2,3"];
      const told = await scan(line.path, ...wide, "--timeout", "1500 ms");
      expect(summary(told)).toEqual([[3, "one", "eastron-sdm120"]]);
      expect(told[0]?.channel).toMatchObject({ path: line.path, baudRate: 19_200 });

      const hosts = [`127.0.0.1:${server.port}`, "127.0.0.1:1", "--units", "2-4"];
      expect(summary(await scan(...hosts, "--timeout", "1500 ms"))).toEqual([
        [3, "one", "eastron-sdm120"],
        [4, "none"],
      ]);
    } finally {
      await serial.stop();
      await server.stop();
      await line.close();
    }
  },
  BUSY_MS,
);

test(
  "a gateway that has the port looks for others on it, and goes on reading",
  async () => {
    const line = await openVirtualLine({ baudRate: 115_200, portCount: 1 });
    const path = line.ports[0] as string;
    const units = { 3: SDM120, 5: SDM120 };
    const meters = await startPymodbus(units, { transport: "rtu", path, baudRate: 115_200 });
    const bus = { driver: "modbus-rtu", path: line.path, baudRate: 115_200, timeout: "10 s" };
    const gateway = await RunningGateway.prepare({
      channels: { bus },
      devices: { barn: { channel: "bus", unitId: 3, profile: "eastron-sdm120" } },
    });
    try {
      gateway.start();
      await vi.waitFor(
        async () => expect((await gateway.status()).points.good).toBeGreaterThan(0),
        {
          timeout: 120_000,
          interval: 500,
        },
      );
      const config = join(gateway.folder, "gateway.yaml");
      const told = await scan("-c", config, "bus", "--units", "3-5", "--timeout", "1500 ms");
      expect(summary(told)).toEqual([
        [3, "one", "eastron-sdm120"],
        [5, "one", "eastron-sdm120"],
      ]);
      expect((await gateway.status()).points.bad).toBe(0);
    } finally {
      await gateway.end();
      await meters.stop();
      await line.close();
    }
  },
  BUSY_MS,
);

test("libmodbus, which no profile fits, is there and is not taken for anything", async () => {
  const meters = await startMeters({ devices: 1, points: 8, mode: "walk", tickMs: 3_600_000 });
  try {
    const told = await scan(`127.0.0.1:${meters.ports[0]}`, "--units", "1-3");
    expect(told).toHaveLength(1);
    expect(told[0]?.verdict).toMatch(/none|weak/);
  } finally {
    await meters.stop();
  }
});

test("nobody is told by the exit code", async () => {
  const { code, err } = await headgate("scan", "modbus", "127.0.0.1:1", "127.0.0.1:2");
  expect([code, err]).toEqual([1, expect.stringContaining("nobody was found")]);
});

test(
  "an OPC UA server shows what it offers",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "headgate-scan-"));
    const peer = await startOpcuaPeer({ directory });
    try {
      const words = [`127.0.0.1:${peer.port}`, "--as-config", "--timeout", "50 s"];
      const { code, out } = await headgate("scan", "opcua", ...words);
      expect([code, out]).toEqual([0, expect.stringContaining(`:${peer.port}`)]);
      expect(out).toMatch(/driver: opcua\n(.*\n)*.*securityPolicy: /);
    } finally {
      await peer.kill();
      await rm(directory, { recursive: true, force: true });
    }
  },
  BUSY_MS,
);
