import { InvalidArgumentError } from "commander";
import type { LogLevel } from "../log.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The value of `--log-level`. */
export function parseLogLevel(text: string): LogLevel {
  const level = LEVELS.find((known) => known === text);
  if (!level) throw new InvalidArgumentError(`write one of ${LEVELS.join(", ")}.`);
  return level;
}
