import {
  createFaultRelay,
  createVirtualMeter,
  type FaultRelay,
  type ModbusFaults,
  noModbusFaults,
} from "@headgate/drivers/testing";
import { startLibmodbusUnit } from "../../integration/peers/libmodbus-unit.ts";
import { startPymodbus } from "../../integration/peers/pymodbus.ts";
import { startSocatPair } from "../../integration/peers/socat-pair.ts";
import { REGISTERS, registerAt } from "./field-values.ts";

export type Transport = "tcp" | "rtu-over-tcp" | "rtu" | "ascii";
export type Peer = "virtual meter" | "pymodbus" | "libmodbus";

/** A device with fault switches, and what the driver needs to reach it. */
export interface Rig {
  readonly unitIds: readonly number[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** Switches every unit's faults. */
  set(faults: Partial<ModbusFaults>): void;
  /** The port of a device that can be told to take one client; null elsewhere. */
  readonly oneClient: OneClient | null;
  stop(): Promise<void>;
}

/** A device's one connection, for which others may compete. */
export interface OneClient {
  readonly port: number;
  limit(how: "refuse" | "ignore" | null): void;
}

/** Peers that other processes are, started once for all rigs on sockets. */
export interface SharedPeers {
  port(peer: "pymodbus" | "libmodbus", transport: "tcp" | "rtu-over-tcp"): Promise<number>;
  stop(): Promise<void>;
}

const UNIT_IDS = [1, 2];
const BAUD_RATE = 115_200;
const CONNECT_MS = 1000;
const isSocket = (transport: Transport) => transport === "tcp" || transport === "rtu-over-tcp";
const framingOf = (transport: Transport) => (transport === "rtu-over-tcp" ? "rtu" : transport);

export async function startRig(
  peer: Peer,
  transport: Transport,
  shared: SharedPeers,
): Promise<Rig> {
  if (peer === "virtual meter") return await startVirtual(transport);
  return isSocket(transport)
    ? await startRelayed(peer, transport as "tcp" | "rtu-over-tcp", shared)
    : await startSerial(peer, transport as "rtu" | "ascii");
}

async function startVirtual(transport: Transport): Promise<Rig> {
  const unit = (id: number) => ({
    holding: (at: number) => (at < REGISTERS ? registerAt(id, "holding", at) : undefined),
    input: (at: number) => (at < REGISTERS ? registerAt(id, "input", at) : undefined),
  });
  const units = Object.fromEntries(UNIT_IDS.map((id) => [id, unit(id)]));
  const meter = createVirtualMeter({ units });
  const set = (faults: Partial<ModbusFaults>) => {
    for (const id of UNIT_IDS) Object.assign(meter.unit(id).faults, noModbusFaults(), faults);
  };
  const common = { unitIds: UNIT_IDS, set };
  const framing = framingOf(transport);
  if (isSocket(transport)) {
    const port = await meter.listen({ framing });
    const limit = (how: "refuse" | "ignore" | null) => {
      meter.clientsMax = how === null ? Number.POSITIVE_INFINITY : 1;
      meter.whenFull = how ?? "refuse";
      meter.dropConnections();
    };
    const settings = { host: "127.0.0.1", port, connectTimeout: CONNECT_MS };
    return { ...common, settings, oneClient: { port, limit }, stop: () => meter.close() };
  }
  const pair = await startSocatPair();
  await meter.attach(pair.theirs, { framing, baudRate: BAUD_RATE });
  const stop = async () => {
    await meter.close();
    await pair.stop();
  };
  return { ...common, settings: serialSettings(pair.ours), oneClient: null, stop };
}

async function startRelayed(
  peer: "pymodbus" | "libmodbus",
  transport: "tcp" | "rtu-over-tcp",
  shared: SharedPeers,
): Promise<Rig> {
  const relay = createFaultRelay(transport === "tcp" ? "tcp" : "rtu");
  const port = await relay.listen({ port: await shared.port(peer, transport) });
  const settings = { host: "127.0.0.1", port, connectTimeout: CONNECT_MS };
  return { ...relayed(peer, relay), settings, oneClient: null, stop: () => relay.close() };
}

async function startSerial(
  peer: "pymodbus" | "libmodbus",
  transport: "rtu" | "ascii",
): Promise<Rig> {
  const [near, far] = await Promise.all([startSocatPair(), startSocatPair()]);
  const path = far.theirs;
  const device =
    peer === "pymodbus"
      ? await startPymodbus(pymodbusUnits(), { transport, path, baudRate: BAUD_RATE })
      : await startLibmodbusUnit({ path, baudRate: BAUD_RATE });
  const relay = createFaultRelay(transport);
  await relay.joinPorts(near.theirs, far.ours, BAUD_RATE);
  const stop = async () => {
    await relay.close();
    await device.stop();
    await Promise.all([near.stop(), far.stop()]);
  };
  return { ...relayed(peer, relay), settings: serialSettings(near.ours), oneClient: null, stop };
}

function relayed(peer: Peer, relay: FaultRelay) {
  // libmodbus answers as whatever unit is asked: its registers are those of unit 1.
  const unitIds = peer === "libmodbus" ? [1] : UNIT_IDS;
  const set = (faults: Partial<ModbusFaults>) =>
    void Object.assign(relay.faults, noModbusFaults(), faults);
  return { unitIds, set };
}

const serialSettings = (path: string) => ({
  path,
  baudRate: BAUD_RATE,
  parity: "none",
  dataBits: 8,
});

export function pymodbusUnits() {
  const row = (id: number, table: "holding" | "input") =>
    Array.from({ length: REGISTERS }, (_, at) => registerAt(id, table, at));
  const unit = (id: number) => ({
    holding: { 0: row(id, "holding") },
    input: { 0: row(id, "input") },
  });
  return Object.fromEntries(UNIT_IDS.map((id) => [id, unit(id)]));
}
