import type { Log } from "@headgate/model";
import { destination, type Logger, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Logs go to stderr: lines a person can read on a terminal, JSON otherwise. */
export async function createLog(level: LogLevel): Promise<Log> {
  const options = { level, errorKey: "error", base: null } as const;
  if (!process.stderr.isTTY) return wrap(pino(options, destination({ dest: 2, sync: true })));
  const { default: pretty } = await import("pino-pretty");
  const stream = pretty({
    destination: 2,
    sync: true,
    translateTime: "SYS:HH:MM:ss",
    singleLine: true,
    errorLikeObjectKeys: ["error"],
  });
  return wrap(pino(options, stream));
}

function wrap(logger: Logger): Log {
  const at = (level: LogLevel) => (message: string, fields?: object) =>
    logger[level](fields ?? {}, message);
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => wrap(logger.child(fields)),
  };
}
