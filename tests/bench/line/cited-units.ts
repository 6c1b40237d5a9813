import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { VirtualRegisters, type VirtualUnitTables } from "@headgate/drivers/testing";

const ROOT = join(import.meta.dirname, "../../..");
const FACTS = join(ROOT, "packages/gateway/testing/profiles/register-facts.csv");

/** Units that have the registers which sources tell of these devices, and refuse all others. */
export async function citedUnits(
  devices: readonly string[],
): Promise<Readonly<Record<number, VirtualUnitTables>>> {
  const lines = (await readFile(FACTS, "utf8")).trim().split("\n").slice(1);
  const units = devices.map((device, index) => {
    const tables = { holding: new VirtualRegisters(), input: new VirtualRegisters() };
    for (const line of lines) {
      const [profile, variant, table, address, words = ""] = line.split(",");
      const isOwn = device === (variant ? `${profile}.${variant}` : profile);
      if (!isOwn || (table !== "holding" && table !== "input")) continue;
      const values = words.split(" ").map((word) => Number.parseInt(word, 16));
      tables[table].set(Number(address), ...values);
    }
    return [index + 1, tables];
  });
  return Object.fromEntries(units);
}
