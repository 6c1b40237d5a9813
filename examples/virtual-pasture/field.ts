import { join } from "node:path";
import {
  createVirtualMeter,
  createVirtualPlc,
  startVirtualCamera,
  type VirtualCamera,
  type VirtualMeter,
} from "@headgate/drivers/testing";
import type { Places } from "./config.ts";
import { dtsu666Registers, pumpRegisters, sdm630Registers, tankRegisters } from "./meters.ts";
import { openPtyPair } from "./pty-pair.ts";

/** Everything that stands on the pasture. */
export interface Field {
  readonly places: Omit<Places, "directory" | "webPort" | "brokerPort">;
  readonly isTankPlugged: boolean;
  unplugTank(): Promise<void>;
  plugTank(): Promise<void>;
  close(): Promise<void>;
}

const MOTION_EVERY_MS = 25_000;
const MOTION_MS = 6_000;
const COW_EVERY_S = 9;

/** Opens the meters, the serial line where the system has one, the PLC and the camera. */
export async function startField(directory: string): Promise<Field> {
  const tank = createVirtualMeter({ units: { 1: { holding: tankRegisters(), coil: [1, 0] } } });
  const pump = createVirtualMeter({ units: { 1: { input: pumpRegisters() } } });
  const energy = createVirtualMeter({
    units: { 1: { input: sdm630Registers() }, 2: { holding: dtsu666Registers() } },
  });
  const [tankPort, pumpPort, meterPort, line, plc, camera] = await Promise.all([
    tank.listen(),
    pump.listen(),
    energy.listen(),
    startLine(directory),
    createVirtualPlc({ directory: join(directory, "plc"), variables: parlour() }),
    startVirtualCamera({
      user: { username: "viewer", password: "pasture" },
      title: "北门 north gate",
    }),
  ]);
  const motion = moveNowAndThen(camera);
  let isTankPlugged = true;
  return {
    places: {
      tankPort,
      pumpPort,
      meterPort,
      tty: line?.tty ?? null,
      plcEndpoint: plc.endpoint,
      cameraPort: camera.port,
    },
    get isTankPlugged() {
      return isTankPlugged;
    },
    async unplugTank() {
      isTankPlugged = false;
      await tank.unplug();
    },
    async plugTank() {
      isTankPlugged = true;
      await tank.plugIn();
    },
    async close() {
      clearInterval(motion);
      await Promise.all([tank.close(), pump.close(), energy.close(), line?.close()]);
      await Promise.all([plc.stop(), camera.stop()]);
    },
  };
}

interface Line {
  readonly tty: string;
  close(): Promise<void>;
}

/** The well's meter, an SDM630 with unit id 3 on a serial line. */
async function startLine(directory: string): Promise<Line | null> {
  const pair = await openPtyPair(directory);
  if (pair === null) return null;
  const meter: VirtualMeter = createVirtualMeter({ units: { 3: { input: sdm630Registers() } } });
  await meter.attach(pair.near);
  return {
    tty: pair.far,
    async close() {
      await meter.close();
      pair.close();
    },
  };
}

/** The milking parlour's variables, each a function of the time. */
function parlour(): Parameters<typeof createVirtualPlc>[0]["variables"] {
  const openedMs = Date.now();
  const cows = (nowMs: number) => Math.floor((nowMs - openedMs) / 1000 / COW_EVERY_S);
  return {
    "Parlour.CowsMilked": { type: "UInt64", get: (nowMs) => BigInt(10_482 + cows(nowMs)) },
    "Parlour.Yield": { type: "Double", get: (nowMs) => 2_310.5 + cows(nowMs) * 11.25 },
    "Parlour.Pulsation": {
      type: "Float",
      get: (nowMs) => Math.round((60 + 0.4 * Math.sin(nowMs / 3000)) * 10) / 10,
    },
    "Parlour.Milking": { type: "Boolean", get: (nowMs) => Math.floor(nowMs / 20_000) % 3 !== 0 },
  };
}

/** A cow walks through the gate now and then. */
function moveNowAndThen(camera: VirtualCamera): NodeJS.Timeout {
  return setInterval(() => {
    camera.setMotion(true);
    setTimeout(() => camera.setMotion(false), MOTION_MS);
  }, MOTION_EVERY_MS);
}
