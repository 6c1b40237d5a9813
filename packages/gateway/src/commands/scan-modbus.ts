import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import type { Catalogue } from "../config/config.ts";
import type { Profile } from "../config/profile-schema.ts";
import { CALLED, type Called, callDrivers, callLine } from "../find/call-lines.ts";
import type { SearchedLine } from "../find/find-on-line.ts";
import { findOnSerial } from "../find/find-serial.ts";
import { findOnHosts } from "../find/find-tcp.ts";
import type { FindEvent } from "../find/found-device.ts";
import { HOSTS_MAX, readHosts } from "../find/hosts.ts";
import {
  absentMs,
  CALL_BYTES,
  type LineSettings,
  likelySettings,
  lineText,
  meterSettings,
} from "../find/line-settings.ts";
import { orderUnits } from "../find/search-plan.ts";

/** Where to look, and for what; null leaves it to what is likely. */
export interface ScanModbusWish {
  /** Serial ports, hosts and ranges of hosts. */
  readonly targets: readonly string[];
  readonly baudRates: readonly number[];
  readonly parities: readonly LineSettings["parity"][];
  readonly unitIds: readonly number[] | null;
  readonly timeoutMs: number | null;
  /** Goes on with the other line settings once devices were found. */
  readonly isAll: boolean;
  readonly countMax: number;
  /** RTU frames through a serial server, or ASCII on a serial port. */
  readonly framing: "rtu" | "ascii" | null;
  readonly turnaroundMs: number;
  /** Whom to look for on a serial line. */
  readonly protocols: readonly LineProtocolName[];
}

/** What may be on one serial line. */
export type LineProtocolName = "modbus" | Called;

/** What a scan is lent. */
export interface ScanScope {
  readonly catalogue: Catalogue;
  readonly profiles: readonly Profile[];
  readonly context: Context;
  readonly emit: (event: FindEvent) => void;
}

const SERIAL_TIMEOUT_MS = 200;
const TCP_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 1_500;
const UNIT_ID_MAX = 247;
/** On a network most ids are likely to be a serial server's line. */
const TCP_UNITS = Array.from({ length: 10 }, (_, index) => index + 1);
/** They mean the host itself. */
const HOST_IDS = [255, 0];

/** Looks for Modbus devices where a person said; tells of each, and rejects if it cannot look. */
export async function scanModbus(wish: ScanModbusWish, scope: ScanScope): Promise<void> {
  const serial = wish.targets.filter(isSerial);
  const network = wish.targets.filter((target) => !isSerial(target));
  const hosts = network.flatMap(hostsOf);
  if (hosts.length > HOSTS_MAX) {
    throw new Misconfigured(`scan: ${hosts.length} addresses, at most ${HOSTS_MAX} at a time`);
  }
  for (const path of serial) await scanSerial(path, wish, scope);
  if (hosts.length > 0) await scanHosts(hosts, wish, scope);
}

/** "/dev/ttyUSB0", "COM3": all else is on the network. */
function isSerial(target: string): boolean {
  return /^(\.{0,2}\/|COM\d)/i.test(target);
}

function hostsOf(target: string) {
  const hosts = readHosts(target, 502);
  if (typeof hosts === "string") throw new Misconfigured(`scan: ${hosts}`);
  return hosts;
}

async function scanSerial(path: string, wish: ScanModbusWish, scope: ScanScope): Promise<void> {
  const { profiles } = scope;
  const units = wish.protocols.includes("modbus") ? await unitLines(path, wish, scope) : [];
  const calls = await meterLines(path, wish, scope);
  const times = new Map([...units, ...calls]);
  const wanted = wish.unitIds ?? Array.from({ length: UNIT_ID_MAX }, (_, index) => index + 1);
  const lookMs = (line: SearchedLine) => times.get(line) ?? line.timeoutMs;
  const { isAll, countMax } = wish;
  const lines = { settings: units.map(([line]) => line), calls: calls.map(([line]) => line) };
  const search = { ...lines, ...orderUnits(wanted, factoryIds(profiles)), lookMs, isAll, countMax };
  await findOnSerial(search, scope).catch((error: unknown) => {
    if (!(error instanceof Unreachable) || !/in use by another/.test(error.message)) throw error;
    const hint = "if a gateway has it, ask that: headgate scan modbus -c FILE CHANNEL";
    throw new Unreachable(`${error.message}; ${hint}`, { cause: error });
  });
}

/** A line to look at, and how long one look at it takes where nobody is. */
type TimedLine = readonly [line: SearchedLine, lookMs: number];

async function unitLines(
  path: string,
  { baudRates, parities, framing, turnaroundMs, timeoutMs: given }: ScanModbusWish,
  { catalogue }: ScanScope,
): Promise<TimedLine[]> {
  const driver = await driverOf(catalogue, framing === "ascii" ? "modbus-ascii" : "modbus-rtu");
  const timeoutMs = given ?? SERIAL_TIMEOUT_MS;
  return likelySettings(baudRates, parities).map((own): TimedLine => {
    const name = `${path} ${lineText(own)}`;
    const settings = written(path, own);
    const tuning = { turnaround: turnaroundMs };
    const line = { driver, settings, tuning, name, timeoutMs, isShared: true };
    return [line, absentMs(own, timeoutMs)];
  });
}

/** Who writes ASCII has no other protocol on the line. */
async function meterLines(
  path: string,
  { baudRates, parities, protocols, framing }: ScanModbusWish,
  { catalogue }: ScanScope,
): Promise<TimedLine[]> {
  const called = framing === "ascii" ? [] : CALLED.filter((one) => protocols.includes(one));
  const drivers = await callDrivers(catalogue.drivers, { protocols: called, isSocket: false });
  return meterSettings(baudRates, parities).flatMap((own) =>
    drivers.map((driver): TimedLine => {
      const line = callLine(driver, written(path, own), `${path} ${lineText(own)} ${driver.type}`);
      return [line, absentMs(own, line.timeoutMs, CALL_BYTES)];
    }),
  );
}

function written(path: string, { stopBits, ...own }: LineSettings) {
  return { path, ...own, ...(stopBits !== 1 && { stopBits }) };
}

async function scanHosts(
  hosts: readonly { readonly host: string; readonly port: number }[],
  wish: ScanModbusWish,
  scope: ScanScope,
): Promise<void> {
  const { catalogue, profiles } = scope;
  const isRtu = wish.framing === "rtu";
  const driver = await driverOf(catalogue, isRtu ? "modbus-rtu-over-tcp" : "modbus-tcp");
  const timeoutMs = wish.timeoutMs ?? TCP_TIMEOUT_MS;
  const lines = hosts.map(({ host, port }): SearchedLine => {
    const tuning = { connectTimeout: CONNECT_TIMEOUT_MS };
    const name = `${host}:${port}`;
    return { driver, settings: { host, port }, tuning, name, timeoutMs, isShared: isRtu };
  });
  const unitIds = wish.unitIds ?? [...new Set([...TCP_UNITS, ...factoryIds(profiles)])];
  await findOnHosts({ lines, unitIds, lastIds: wish.unitIds ? [] : HOST_IDS }, scope);
}

async function driverOf(catalogue: Catalogue, type: string) {
  const driver = await catalogue.drivers[type]?.();
  if (!driver) throw new Misconfigured(`scan: this program has no driver ${type}`);
  return driver;
}

/** Ids that devices leave the factory with. */
function factoryIds(profiles: readonly Profile[]): number[] {
  const ids = profiles.flatMap(({ unitId }) => (unitId === undefined ? [] : [unitId]));
  return [...new Set([...ids, UNIT_ID_MAX])].toSorted((a, b) => a - b);
}
