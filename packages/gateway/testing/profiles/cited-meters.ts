import { readFile } from "node:fs/promises";
import { VirtualRegisters } from "@headgate/drivers/testing";

/** A fact from a source: a register, the words it holds and what they mean. */
export interface CitedFact {
  readonly profile: string;
  readonly variant: string;
  readonly table: "holding" | "input";
  readonly address: number;
  readonly words: readonly number[];
}

/** The facts of each device, by "profile" or "profile.variant". */
export async function readCitedFacts(): Promise<ReadonlyMap<string, readonly CitedFact[]>> {
  const text = await readFile(new URL("./register-facts.csv", import.meta.url), "utf8");
  const facts = text.trim().split("\n").slice(1).map(readFact);
  return Map.groupBy(facts, ({ profile, variant }) =>
    variant === "" ? profile : `${profile}.${variant}`,
  );
}

function readFact(line: string): CitedFact {
  const [profile = "", variant = "", table = "", address, words = ""] = line.split(",");
  if (table !== "holding" && table !== "input") throw new Error(`no table: ${line}`);
  return {
    ...{ profile, variant, table },
    address: Number(address),
    words: words.split(" ").map((word) => Number.parseInt(word, 16)),
  };
}

/** A unit that has the registers its sources tell of, and refuses every other place. */
export function citedTables(facts: readonly CitedFact[]) {
  const tables = { holding: new VirtualRegisters(), input: new VirtualRegisters() };
  for (const { table, address, words } of facts) tables[table].set(address, ...words);
  return tables;
}
