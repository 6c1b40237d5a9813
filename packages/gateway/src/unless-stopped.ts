import type { Buffer, Context } from "@headgate/model";
import { untilAborted } from "./gateway-run.ts";

/** After the stop signal: how long an opening buffer may still take. */
const OPEN_MS_MAX = 2_000;

/** The buffer, or null if the gateway was stopped and the disk does not let it open. */
export async function unlessStopped(
  opening: Promise<Buffer>,
  context: Context,
): Promise<Buffer | null> {
  const { clock, log, signal } = context;
  const isDecided = new AbortController();
  const givenUp = untilAborted(signal)
    .then(() => clock.sleep(OPEN_MS_MAX, isDecided.signal))
    .then(() => null);
  try {
    const buffer = await Promise.race([opening, givenUp]);
    if (buffer !== null) return buffer;
  } finally {
    isDecided.abort();
  }
  log.warn("stopped before the buffer was open; check the disk");
  const tell = (error: unknown) => log.warn("buffer not opened", { error });
  opening.then((late) => late.close()).catch(tell);
  return null;
}
