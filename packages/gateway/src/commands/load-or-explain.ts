import type { Catalogue, GatewayConfig } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { runCheck } from "./check.ts";

/** The checked config of a file, or null once every mistake was printed to stderr. */
export async function loadOrExplain(
  path: string,
  catalogue: Catalogue,
): Promise<GatewayConfig | null> {
  const loaded = await loadConfig(path, catalogue);
  if (loaded.config) return loaded.config;
  await runCheck({ path }, catalogue, process.stderr);
  return null;
}
