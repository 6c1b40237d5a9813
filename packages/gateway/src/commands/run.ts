import type { Catalogue } from "../config/config.ts";
import { buildGateway } from "../gateway.ts";
import { createLog, type LogLevel } from "../log.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";

export interface RunOptions {
  readonly path: string;
  readonly level: LogLevel;
}

/** `headgate run`: runs until the signal aborts. */
export async function runGateway(
  { path, level }: RunOptions,
  catalogue: Catalogue,
  signal: AbortSignal,
): Promise<number> {
  const config = await loadOrExplain(path, catalogue);
  if (config === null) return ExitCode.usage;
  const log = await createLog(level);
  const { id, name } = config.gateway;
  log.info(`gateway "${id}" starts`, { name, config: path, data: config.buffer.path });
  await buildGateway(config, { log }).run(signal);
  log.info(`gateway "${id}" stopped`);
  return ExitCode.ok;
}
