import { pause } from "./fault.ts";
import { type Rig, viewOf } from "./rig.ts";

/** Where each epoch ends once nothing comes in any more and nothing is left to send. */
export async function lastHeads(rig: Rig, timeoutMs: number): Promise<Map<string, number> | null> {
  let before = "";
  let heads: Map<string, number> | null = null;
  await until(async () => {
    const view = await viewOf(rig);
    const text = JSON.stringify(view?.buffer.streams.map(({ headSeq }) => headSeq));
    const isSame = view !== null && text === before;
    before = text;
    await pause(400);
    if (!isSame || view?.uplinks[0]?.backlog.blocks !== 0) return false;
    heads = new Map(view.buffer.streams.map(({ epoch, headSeq }) => [epoch, headSeq]));
    return true;
  }, timeoutMs);
  return heads;
}

/** True as soon as it holds; false after `timeoutMs`. */
export async function until(holds: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) return false;
    await pause(100);
  }
  return true;
}
