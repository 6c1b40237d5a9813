import { BROKERS, type BrokerName } from "../peers/brokers.ts";
import { type Cell, FORMATS, MODES } from "./cell.ts";
import { CRASH_FAULTS } from "./crash-faults.ts";
import type { Fault } from "./fault.ts";
import { MACHINE_FAULTS } from "./machine-faults.ts";
import { NETWORK_FAULTS } from "./network-faults.ts";
import { PROCESS_FAULTS } from "./process-faults.ts";

/** All that can go wrong, by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...CRASH_FAULTS,
  ...MACHINE_FAULTS,
};

/** A fault of the gateway's machine is the same before every broker. */
const BROKER_OF_MACHINE_FAULTS: BrokerName = "mosquitto 5";

/** Every square of the matrix that can be. */
export function allCells(): Cell[] {
  const cells: Cell[] = [];
  for (const [fault, { isPossible = () => true }] of Object.entries(FAULTS)) {
    for (const broker of Object.keys(BROKERS) as BrokerName[]) {
      for (const format of FORMATS) {
        for (const mode of MODES) {
          const cell = { fault, broker, format, mode };
          if (isSensible(cell) && isPossible(cell)) cells.push(cell);
        }
      }
    }
  }
  return cells;
}

function isSensible({ fault, broker, format, mode }: Cell): boolean {
  if (format === "json" && mode === "receiver") return false;
  const isOfMachine = fault in MACHINE_FAULTS;
  return !isOfMachine || broker === BROKER_OF_MACHINE_FAULTS;
}
