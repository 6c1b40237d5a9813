import type { Log } from "@headgate/model";
import { type DestinationStream, destination, type Logger, multistream, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Logs go to stderr: lines a person can read on a terminal, JSON otherwise. `beside` is given each
 * line, too.
 */
export async function createLog(level: LogLevel, beside?: DestinationStream): Promise<Log> {
  const options = { level, errorKey: "error", base: null } as const;
  const to = (out: DestinationStream) => {
    if (!beside) return wrap(pino(options, out));
    const streams = [out, beside].map((stream) => ({ level, stream }));
    return wrap(pino(options, multistream(streams)));
  };
  if (!process.stderr.isTTY) return to(destination({ dest: 2, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  const stream = pretty({
    destination: 2,
    sync: true,
    translateTime: "SYS:HH:MM:ss",
    singleLine: true,
    errorLikeObjectKeys: ["error"],
  });
  return to(stream);
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
