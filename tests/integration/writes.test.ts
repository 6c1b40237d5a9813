import { createVirtualMeter } from "@headgate/drivers/testing";
import { afterEach, expect, it } from "vitest";
import { headgate } from "./peers/headgate.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const PATIENT = { timeout: 60_000, interval: 100 };

/** A device that tells every write it gets, and a gateway that reads it. */
async function world(point: object) {
  const registers = [7, 8];
  const writes: number[][] = [];
  const holding = {
    read: (from: number, count: number) => registers.slice(from, from + count),
    write(from: number, values: readonly number[]) {
      writes.push([from, ...values]);
      registers.splice(from, values.length, ...values);
      return true;
    },
  };
  const meter = createVirtualMeter({ units: { 1: { holding } } });
  cleanUps.push(() => meter.close());
  const port = await meter.listen();
  const setpoint = { address: "holding:0", type: "uint16", access: "readWrite", ...point };
  const gateway = await RunningGateway.prepare({
    channels: { plc: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "60 s" } },
    devices: { plc: { channel: "plc", scan: "1 h", points: { setpoint } } },
  });
  cleanUps.push(() => gateway.end());
  gateway.start();
  const isUp = () =>
    gateway.status().then(
      ({ points }) => points?.good === 1,
      () => false,
    );
  await expect.poll(isUp, PATIENT).toBe(true);
  const command = (...words: string[]) => {
    const [name = "", ...more] = words;
    return headgate(name, "-c", `${gateway.folder}/gateway.yaml`, ...more);
  };
  return { unit: meter.unit(1), writes, gateway, command };
}

interface Listed {
  readonly records: readonly { readonly state: string; readonly id: string }[];
  readonly damaged: readonly string[];
}

it("a gateway that is killed in the middle of a write does not send it again", async () => {
  const { unit, writes, gateway, command } = await world({});
  unit.faults.delayMs = 600_000;
  // Nobody answers it: the gateway ends before.
  const wanted = { point: "plc/setpoint", value: 42, id: "once" };
  const asked = gateway.post("/api/writes", wanted).then(
    () => "answered",
    () => "cut off",
  );
  await expect.poll(() => writes, PATIENT).toEqual([[0, 42]]);
  await gateway.kill();
  expect(await asked).toBe("cut off");
  unit.faults.delayMs = 0;
  gateway.start();
  const states = async () => {
    const { records } = JSON.parse((await command("writes", "--json")).out) as Listed;
    return records.map(({ state }) => state);
  };
  await expect.poll(states, PATIENT).toEqual(["queued", "sent", "verified"]);
  expect(writes).toEqual([[0, 42]]);
});

it("a point is selected, written and read back through the running gateway", async () => {
  const { writes, command } = await world({ write: { max: 80, select: "10 min" } });
  const early = await command("write", "plc/setpoint", "40");
  expect([early.code, early.err]).toEqual([1, expect.stringContaining("selected first")]);
  const selected = await command("write", "plc/setpoint", "40", "--select", "--json");
  const { selection } = JSON.parse(selected.out) as { selection: string };
  const done = await command("write", "plc/setpoint", "40", "--selection", selection);
  expect([done.out, done.code]).toEqual(["plc/setpoint: wrote 40, read back 40: verified\n", 0]);
  const high = await command("write", "plc/setpoint", "81", "--select");
  expect(high.err).toContain("outside -∞ to 80");
  expect(writes).toEqual([[0, 40]]);
  const listed = await command("writes");
  expect(listed.out).toMatch(/verified +plc\/setpoint +40 +this machine +40/);
});
