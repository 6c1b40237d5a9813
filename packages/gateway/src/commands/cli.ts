/** What a command's action needs beside its own options. */
export interface Cli {
  /** Aborts at SIGTERM or Ctrl-C. */
  readonly signal: AbortSignal;
  /** Sets what the process will end with. */
  finish(exitCode: number): void;
}
