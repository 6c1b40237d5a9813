import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { runProxyProof } from "../proxy/run-proxy-proof.ts";
import { freePort } from "./peers/free-port.ts";
import { startPymodbus } from "./peers/pymodbus.ts";
import { RunningGateway } from "./peers/running-gateway.ts";
import { startSocatPair } from "./peers/socat-pair.ts";

const run = promisify(execFile);

it("SCADA systems and the gateway share a device that takes one client", async () => {
  const { violations, ...figures } = await runProxyProof({ seconds: 5, say: () => {} });
  expect(violations).toEqual([]);
  expect(figures.commonTicks).toBeGreaterThan(0);
  expect(figures.ownWrites).toBeGreaterThan(0);
});

it("Modbus TCP clients reach the units of an RS-485 line", async () => {
  const pair = await startSocatPair();
  const units = { 3: { holding: { 0: [33, 34] } }, 4: { coil: { 0: [1, 0, 1] } } };
  const server = await startPymodbus(units, { transport: "rtu", path: pair.theirs });
  const port = await freePort();
  const gateway = await RunningGateway.prepare({
    channels: {
      bus: { driver: "modbus-rtu", path: pair.ours, proxy: { listen: `127.0.0.1:${port}` } },
    },
    devices: {
      meter: { channel: "bus", unitId: 3, points: { x: { address: "holding:0", type: "uint16" } } },
    },
  });
  try {
    gateway.start();
    const isUp = () =>
      gateway.status().then(
        ({ points }) => points?.good === 1,
        () => false,
      );
    await expect.poll(isUp, { timeout: 60_000, interval: 100 }).toBe(true);
    const ask = async (what: string, value?: string) => {
      const all = ["-m", "tcp", "-p", `${port}`, "-0", "-1", "-q", "-o", "10", "-r", "0"];
      const words = [...all, ...what.split(" "), "127.0.0.1", ...(value ? [value] : [])];
      const { stdout, stderr } = await run("mbpoll", words).catch(
        (fault: { stdout: string; stderr: string }) => fault,
      );
      return stdout + stderr;
    };
    expect(await ask("-a 3 -t 4 -c 2")).toMatch(/\[0\]:\s+33\s+\[1\]:\s+34/);
    expect(await ask("-a 4 -t 0 -c 3")).toMatch(/\[0\]:\s+1\s+\[1\]:\s+0\s+\[2\]:\s+1/);
    expect(await ask("-a 9 -t 4 -c 1")).toContain("Target device failed to respond");
    expect(await ask("-a 3 -t 4", "1")).toContain("Illegal function");
  } finally {
    await gateway.end();
    await server.stop();
    await pair.stop();
  }
});
