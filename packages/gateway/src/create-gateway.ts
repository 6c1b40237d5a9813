import { type Driver, Misconfigured, silentLog, type Uplink } from "@headgate/model";
import type { Catalogue } from "./config/config.ts";
import { loadConfig } from "./config/load.ts";
import { buildGateway, type Gateway, type GatewayContext } from "./gateway.ts";

export interface GatewayOptions {
  /** Path of a YAML file, or the file's content as an object. */
  readonly config: string | object;
  /** Drivers the config may name: values, or `builtinDrivers` of `@headgate/drivers`. */
  readonly drivers: readonly Driver[] | Catalogue["drivers"];
  readonly uplinks: readonly Uplink[] | Catalogue["uplinks"];
  readonly context?: Partial<GatewayContext>;
}

/** A gateway to embed. Rejects with `Misconfigured` that names every mistake of the config. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const catalogue: Catalogue = {
    drivers: byType<Driver>(options.drivers),
    uplinks: byType<Uplink>(options.uplinks),
  };
  const loaded = await loadConfig(options.config, catalogue);
  if (!loaded.config) {
    const lines = loaded.problems
      .filter(({ severity }) => severity === "error")
      .map(({ path, message, hint }) => `${path}: ${message}; ${hint}`);
    throw new Misconfigured(`the config has ${lines.length} mistakes:\n${lines.join("\n")}`);
  }
  return buildGateway(loaded.config, { log: silentLog, catalogue, ...options.context });
}

type Loaders<T> = Readonly<Record<string, () => Promise<T>>>;

function byType<T extends { type: string }>(given: readonly T[] | Loaders<T>): Loaders<T> {
  if (!Array.isArray(given)) return given as Loaders<T>;
  return Object.fromEntries(given.map((value: T) => [value.type, async () => value]));
}
