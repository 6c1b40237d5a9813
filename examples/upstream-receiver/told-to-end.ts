const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const LOOK_MS = 1000;

/** Whatever tells this process to end. */
export interface ToldToEnd {
  readonly signal: AbortSignal;
  /** As a signal does. */
  tell(): void;
  forget(): void;
}

/**
 * Aborts when a signal comes, when the terminal or whoever reads the output is gone, or when the
 * program that started this one is. Told twice, the process ends at once.
 */
export function toldToEnd(): ToldToEnd {
  const told = new AbortController();
  const tell = () => (told.signal.aborted ? process.exit(130) : told.abort());
  const isGone = () => told.abort();
  for (const name of SIGNALS) process.on(name, tell);
  // These stay: what is said to a terminal that is gone, is said to nobody, and is no fault.
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on("error", isGone);
  const startedBy = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid !== startedBy) isGone();
  }, LOOK_MS);
  looking.unref();
  const forget = () => {
    clearInterval(looking);
    for (const name of SIGNALS) process.off(name, tell);
  };
  return { signal: told.signal, tell, forget };
}
