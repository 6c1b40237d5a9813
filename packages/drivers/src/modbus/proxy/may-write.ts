import type { BitWrite, RegisterWrite } from "../request.ts";
import { networksOf, type WriteRule } from "./settings.ts";

type Write = BitWrite | RegisterWrite;

/** Makes of rules what says whether a client may send a write. Without rules nobody may. */
export function mayWriteBy(rules: readonly WriteRule[]): (client: string, write: Write) => boolean {
  const known = rules.map(({ clients, units, registers }) => ({
    isClient: clients ? networksOf(clients) : () => true,
    units: new Set(units),
    registers,
  }));
  return (client, write) => {
    const { table, from, to } = spanOf(write);
    // One rule must allow all of it: two halves may be meant for two clients.
    return known.some(
      ({ isClient, units, registers }) =>
        units.has(write.unitId) &&
        registers.some((own) => own.table === table && own.from <= from && to <= own.to) &&
        isClient(client),
    );
  };
}

function spanOf(write: Write) {
  const { from } = write;
  if ("bits" in write) return { table: "coil", from, to: from + write.bits.length - 1 } as const;
  return { table: "holding", from, to: from + write.bytes.length / 2 - 1 } as const;
}
