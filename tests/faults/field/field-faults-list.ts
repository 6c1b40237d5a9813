import type { ModbusFaults } from "@headgate/drivers/testing";
import type { Transport } from "./rigs.ts";

/** One thing that goes wrong, on the transports where it can. */
export interface FieldFault {
  readonly name: string;
  readonly on: readonly Transport[];
  /** What is switched; `timeoutMs` is how long the driver waits. */
  readonly faults: (timeoutMs: number) => Partial<ModbusFaults>;
  /** Someone else takes the one connection that the device has. */
  readonly takesConnection?: "refuse" | "ignore";
}

const SERIAL: readonly Transport[] = ["rtu-over-tcp", "rtu", "ascii"];
const SOCKET: readonly Transport[] = ["tcp", "rtu-over-tcp"];
const ALL: readonly Transport[] = ["tcp", ...SERIAL];
const NOISE = Buffer.from("010302ffff00ff0103", "hex");

export const FIELD_FAULTS: readonly FieldFault[] = [
  { name: "silent", on: ALL, faults: () => ({ isSilent: true }) },
  { name: "late", on: ALL, faults: (timeoutMs) => ({ delayMs: 1.3 * timeoutMs }) },
  { name: "at the timeout", on: ALL, faults: (timeoutMs) => ({ delayMs: timeoutMs - 3 }) },
  { name: "other unit", on: ALL, faults: () => ({ answersAsUnit: 9 }) },
  { name: "other function", on: ALL, faults: () => ({ isOtherFunction: true }) },
  { name: "other id", on: ["tcp"], faults: () => ({ isOtherId: true }) },
  { name: "garbage", on: ALL, faults: () => ({ isGarbage: true }) },
  { name: "one bit wrong", on: ALL, faults: () => ({ isGarbled: true }) },
  { name: "byte lost", on: ALL, faults: () => ({ losesByte: true }) },
  { name: "truncated", on: ALL, faults: () => ({ truncatedTo: 8 }) },
  { name: "noise before", on: SERIAL, faults: () => ({ noise: NOISE }) },
  { name: "sent twice", on: ALL, faults: () => ({ isDoubled: true }) },
  { name: "echo", on: ALL, faults: () => ({ isEchoing: true }) },
  { name: "slow bytes", on: ALL, faults: () => ({ byteGapMs: 2 }) },
  { name: "endless length", on: ["tcp"], faults: () => ({ isEndless: true }) },
  { name: "reset", on: SOCKET, faults: () => ({ hangUp: "reset" }) },
  { name: "closed", on: SOCKET, faults: () => ({ hangUp: "end" }) },
  { name: "closed in the middle", on: SOCKET, faults: () => ({ hangUp: "half" }) },
  { name: "half-open", on: SOCKET, faults: () => ({ deafAfter: 7 }) },
  { name: "refused", on: ALL, faults: () => ({ exception: 2 }) },
  { name: "busy", on: ALL, faults: () => ({ exception: 6 }) },
  { name: "no gateway path", on: ALL, faults: () => ({ exception: 11 }) },
  {
    name: "one client, refused",
    on: SOCKET,
    faults: () => ({}),
    takesConnection: "refuse",
  },
  {
    name: "one client, not heard",
    on: SOCKET,
    faults: () => ({}),
    takesConnection: "ignore",
  },
];
