import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RawCost, RawWork } from "./raw-worker.ts";

/** What the bare libraries take for the same bytes, in a process of their own. */
export async function rawCost(work: RawWork): Promise<RawCost> {
  const program = fileURLToPath(new URL("raw-worker.ts", import.meta.url));
  const child = fork(program, [JSON.stringify(work)], { execArgv: [] });
  const [cost] = (await once(child, "message")) as [RawCost];
  await once(child, "exit");
  return cost;
}
