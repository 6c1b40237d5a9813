import { type Context, describeError, silentLog, systemClock } from "@headgate/model";

const PAUSE_MS_MIN = 250;
const PAUSE_MS_MAX = 3000;

/** Real time; what is worth a word goes to standard error. */
export function contextOf(signal: AbortSignal, name: string, directory: string): Context {
  const say = (level: string) => (message: string, fields?: object) =>
    process.stderr.write(
      `${new Date().toISOString()} ${level} ${name}: ${message} ${told(fields)}\n`,
    );
  const log = { ...silentLog, info: say("info"), warn: say("warn"), error: say("error") };
  return { clock: systemClock, log, signal, directory };
}

function told(fields: object = {}): string {
  return JSON.stringify(fields, (_, value) => (value instanceof Error ? value.stack : value));
}

/** Tries again and again, with a pause, until the signal aborts: one life after the other. */
export async function again(life: (at: number) => Promise<void>, context: Context): Promise<void> {
  const { clock, log, signal } = context;
  let pauseMs = PAUSE_MS_MIN;
  for (let at = 0; !signal.aborted; at++) {
    const startMs = clock.monotonicMs();
    try {
      await life(at);
    } catch (error) {
      if (signal.aborted) return;
      log.warn("ended, begins again", { reason: describeError(error) });
    }
    if (clock.monotonicMs() - startMs > PAUSE_MS_MAX) pauseMs = PAUSE_MS_MIN;
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
  }
}
