import type { Clock, Log } from "@headgate/model";
import type { UpdateDesk } from "./update-desk.ts";

/** Where updates are taken; null unless the launcher started this process. */
export async function openUpdateDesk(
  env: NodeJS.ProcessEnv,
  lent: { readonly clock: Clock; readonly log: Log },
): Promise<UpdateDesk | null> {
  const { HEADGATE_RELEASES: folder, HEADGATE_RELEASE: version } = env;
  if (!folder || !version) return null;
  const { UpdateDesk } = await import("./update-desk.ts");
  const seconds = Number(env.HEADGATE_GATE_SECONDS);
  const gate = seconds > 0 ? { gateMs: 1000 * seconds } : {};
  return new UpdateDesk({ folder, version, ...gate, ...lent });
}

/** Aborts when the launcher wants this process to stop, or is gone itself. */
export function launcherLetsGo(): AbortSignal {
  const gone = new AbortController();
  if (process.connected) process.once("disconnect", () => gone.abort());
  // While this process began.
  else gone.abort();
  return gone.signal;
}
