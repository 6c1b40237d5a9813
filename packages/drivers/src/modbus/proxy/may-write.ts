import type { BitWrite, RegisterWrite } from "../request.ts";
import { networksOf, type WriteRule } from "./settings.ts";

type Write = BitWrite | RegisterWrite;

/** Who wants to write. */
export interface Writer {
  readonly address: string;
  /** Of its certificate. */
  readonly role: string | null;
}

type MayWrite = (writer: Writer, write: Write) => boolean;

/** Makes of rules what says whether a client may send a write. Without rules nobody may. */
export function mayWriteBy(rules: readonly WriteRule[]): MayWrite {
  const known = rules.map(({ clients, roles, units, registers }) => ({
    isClient: clients ? networksOf(clients) : () => true,
    isRole: (role: string | null) => !roles || (role !== null && roles.includes(role)),
    units: new Set(units),
    registers,
  }));
  return ({ address, role }, write) => {
    const { table, from, to } = spanOf(write);
    // One rule must allow all of it: two halves may be meant for two clients.
    return known.some(
      ({ isClient, isRole, units, registers }) =>
        units.has(write.unitId) &&
        registers.some((own) => own.table === table && own.from <= from && to <= own.to) &&
        isRole(role) &&
        isClient(address),
    );
  };
}

function spanOf(write: Write) {
  const { from } = write;
  if ("bits" in write) return { table: "coil", from, to: from + write.bits.length - 1 } as const;
  return { table: "holding", from, to: from + write.bytes.length / 2 - 1 } as const;
}
