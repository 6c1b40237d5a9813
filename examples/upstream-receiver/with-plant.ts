import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Guard } from "./guard.ts";
import { Plant, type PlantOptions } from "./plant.ts";
import { type ToldToEnd, toldToEnd } from "./told-to-end.ts";

/**
 * A plant, for as long as `body` runs; `body` is to end when the signal aborts. Whatever ends it,
 * and whenever, nothing that was started stays behind. Resolves with whether `body` came to its
 * end.
 */
export async function withPlant(
  options: Omit<PlantOptions, "folder" | "guard" | "signal">,
  body: (plant: Plant, told: ToldToEnd) => Promise<void>,
): Promise<boolean> {
  const { say } = options;
  const told = toldToEnd();
  const guard = new Guard();
  const folder = mkdtempSync(join(tmpdir(), "headgate-upstream-"));
  guard.keepFolder(folder);
  // PostgreSQL's own user must come through to its part.
  chmodSync(folder, 0o711);
  const sayEnding = () => say("ending: gateways, receivers, nodes, database …");
  // What is half started has nothing to end in order.
  const giveUp = () => void guard.end();
  for (const act of [sayEnding, giveUp]) told.signal.addEventListener("abort", act);
  const stopKeys = listenToEndKeys(told);
  try {
    const plant = await Plant.start({ ...options, folder, guard, signal: told.signal });
    told.signal.removeEventListener("abort", giveUp);
    try {
      await body(plant, told);
    } finally {
      await plant.end();
    }
    return true;
  } catch (error) {
    if (!told.signal.aborted) throw error;
    return false;
  } finally {
    stopKeys();
    await guard.end();
    // A gateway that was about to start may have made its part of it anew.
    rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 50 });
    say("ended; nothing is left behind");
    told.forget();
  }
}

/** `q` and Ctrl-C, from the first moment on. */
function listenToEndKeys({ tell }: ToldToEnd): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const onKey = (key: Buffer) => {
    if (key.includes("q") || key.includes("\u0003")) tell();
  };
  stdin.setRawMode(true).on("data", onKey);
  return () => {
    stdin.off("data", onKey);
    stdin.setRawMode(false).pause();
  };
}
