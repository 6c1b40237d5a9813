import { Misconfigured } from "@headgate/model";
import type { Profile } from "../config/profile-schema.ts";

/** Where a device is on which a profile is tried. */
export interface TestPlace {
  /** HOST or HOST:PORT, or a serial port. */
  readonly against: string;
  /** Of a Modbus device; the profile's or 1 if null. */
  readonly unitId: number | null;
  /** Of a DL/T 645 or CJ/T 188 meter. */
  readonly meter?: string | undefined;
  /** Of a CJ/T 188 meter. */
  readonly kind?: string | undefined;
  /** Of a serial port; the profile's if absent. */
  readonly baudRate?: number | undefined;
  readonly parity?: string | undefined;
  /** RTU frames through a serial server. */
  readonly isRtu?: boolean | undefined;
}

type Written = Readonly<Record<string, unknown>>;

/** "/dev/ttyUSB0", "COM3": all else is on the network. */
const isSerial = (against: string) => /^(\.{0,2}\/|COM\d)/i.test(against);

/** What to write for the channel to it. */
export function channelOf(place: TestPlace, { driver, serial = {} }: Profile): Written {
  const { against, baudRate = serial.baudRate, parity = serial.parity, isRtu } = place;
  if (isSerial(against)) {
    const { stopBits } = serial;
    return {
      ...{ driver: driver === "modbus" ? "modbus-rtu" : driver, path: against },
      ...(baudRate !== undefined && { baudRate }),
      ...(parity !== undefined && { parity }),
      ...(stopBits !== undefined && { stopBits }),
    };
  }
  const [, host = against, port] = /^(.*?)(?::(\d+))?$/.exec(against) ?? [];
  const socket = { host, ...(port !== undefined && { port: Number(port) }) };
  if (driver !== "modbus") return { driver: `${driver}-tcp`, ...socket };
  return { driver: isRtu ? "modbus-rtu-over-tcp" : "modbus-tcp", port: 502, ...socket };
}

/** What to write for the device, without profile and variant. Throws where something is missing. */
export function deviceOf({ unitId, meter, kind }: TestPlace, { driver, id }: Profile): Written {
  if (driver === "modbus") return unitId === null ? {} : { unitId };
  if (meter === undefined) {
    const hint = "write --meter NUMBER, or --meter any where it is alone on its line";
    throw new Misconfigured(`profile ${id} is for meters with long numbers; ${hint}`);
  }
  const usual = id === "cjt188-heat" ? "heat" : "cold-water";
  return driver === "dlt645" ? { meter } : { meter, kind: kind ?? usual };
}

/** What to do where nobody answered. */
export function hintFor(place: TestPlace, profile: Profile): string {
  const { against, unitId } = place;
  const scan = `headgate scan modbus ${against}`;
  const find = isSerial(against) ? `${scan} finds ids, speed and parity` : `${scan} finds ids`;
  if (profile.driver !== "modbus") return `nobody answered; ${find}`;
  const asked = unitId ?? profile.unitId ?? 1;
  const missing = unitId === null ? "without --unit it was asked as" : "it was asked as";
  return `nobody answered; ${missing} unit ${asked}; ${find}`;
}
