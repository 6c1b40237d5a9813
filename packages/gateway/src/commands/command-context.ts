import { join } from "node:path";
import { type Context, silentLog, systemClock } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import type { Cli } from "./cli.ts";

/** Beside a running gateway: what drivers keep (certificates) is shared, logs are not. */
export function commandContext({ buffer }: GatewayConfig, { signal }: Cli): Context {
  const directory = join(buffer.path, "channels");
  return { clock: systemClock, log: silentLog, signal, directory };
}
