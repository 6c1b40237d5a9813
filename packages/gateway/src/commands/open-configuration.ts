import { join } from "node:path";
import type { Clock, Log } from "@headgate/model";
import { textIfThere } from "../access/durable-file.ts";
import { catalogue } from "../catalogue.ts";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import { dataFolderOf } from "../config/load.ts";
import { createLargeWork } from "../config-thread/large-work.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { BY_ITSELF } from "../configuration/probation.ts";

/** What `headgate run` has of the machine. */
export interface RunLent {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Null where nobody can change it over HTTP: then nothing of that is loaded. */
export async function openConfiguration(
  path: string,
  { buffer, web }: GatewayConfig,
  lent: RunLent,
): Promise<Configuration | null> {
  try {
    const folder = folderIn(buffer.path);
    if (web === null && !(await isOnTrial(folder))) return null;
    return await open(path, folder, lent);
  } catch (error) {
    // A full disk is no reason to read no meters.
    const todo = "the configuration cannot be changed over HTTP until the next start";
    lent.log.error(`versions of the configuration cannot be kept; ${todo}`, { error });
    return null;
  }
}

/**
 * A version that was on trial when the power went, and cannot be read now: then the one before
 * comes back before anything runs. Null where none was on trial, or the one before is no better.
 */
export async function loadTakenBack(path: string, lent: RunLent): Promise<GatewayConfig | null> {
  try {
    const folder = folderIn(await dataFolderOf(path));
    if (!(await isOnTrial(folder))) return null;
    const configuration = await open(path, folder, lent);
    if (configuration.probation()) {
      await configuration.rollBack(BY_ITSELF, "it could not be read at the start");
    }
    return await configuration.load();
  } catch (error) {
    lent.log.error("the configuration before could not be brought back", { error });
    return null;
  }
}

const folderIn = (dataFolder: string) => join(dataFolder, "config");

async function isOnTrial(folder: string): Promise<boolean> {
  return (await textIfThere(join(folder, "pending.json"))) !== null;
}

async function open(path: string, folder: string, lent: RunLent): Promise<Configuration> {
  const { Configuration } = await import("../configuration/configuration.ts");
  // The thread knows what the command line names, and nothing else.
  const work = lent.catalogue === catalogue ? createLargeWork(catalogue, lent.clock) : null;
  const seconds = Number(process.env.HEADGATE_CONFIRM_SECONDS);
  const confirmMsMax = seconds > 0 ? { confirmMsMax: 1000 * seconds } : {};
  return await Configuration.open(path, folder, {
    ...lent,
    ...confirmMsMax,
    ...(work && { work }),
  });
}
