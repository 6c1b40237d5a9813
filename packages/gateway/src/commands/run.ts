import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeError, type Log } from "@headgate/model";
import { createMachineClock } from "../clock/machine-clock.ts";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import { dataFolderOf, loadConfig } from "../config/load.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { BY_ITSELF, type Unproved } from "../configuration/probation.ts";
import { buildGateway, type Gateway } from "../gateway.ts";
import { untilAborted } from "../gateway-run.ts";
import { createLog, type LogLevel } from "../log.ts";
import { unprovedIn } from "../status.ts";
import { type LogLines, LogRing } from "../support/log-ring.ts";
import { launcherLetsGo, openUpdateDesk } from "../update/follow-launcher.ts";
import { RESTART_CODE } from "../update/launch-contract.ts";
import type { UpdateDesk } from "../update/update-desk.ts";
import { runCheck } from "./check.ts";
import { ExitCode } from "./exit-code.ts";
import { loadTakenBack, openConfiguration, type RunLent } from "./open-configuration.ts";

export interface RunOptions {
  readonly path: string;
  readonly level: LogLevel;
}

interface Lent extends RunLent {
  readonly logs: LogLines;
  /** Where the launcher started this process. */
  readonly updates?: UpdateDesk;
}

/** `headgate run`: runs until the signal aborts, with each configuration that is applied. */
export async function runGateway(
  { path, level }: RunOptions,
  catalogue: Catalogue,
  signal: AbortSignal,
): Promise<number> {
  const logs = new LogRing();
  const log = await createLog(level, logs);
  const clock = createMachineClock();
  await endRestore(path, log);
  const known = { catalogue, log, clock };
  const config = (await loadConfig(path, catalogue)).config ?? (await loadTakenBack(path, known));
  if (config === null) {
    await runCheck({ path }, catalogue, process.stderr);
    return ExitCode.usage;
  }
  const { id, name } = config.gateway;
  log.info(`gateway "${id}" starts`, { name, config: path, data: config.buffer.path });
  const updates = await openUpdateDesk(process.env, { clock, log });
  const lent = { ...known, logs, ...(updates && { updates }) };
  const signals = updates ? [signal, updates.restart, launcherLetsGo()] : [signal];
  const stop = AbortSignal.any(signals);
  const gate = updates?.keepGate(stop).catch((error: unknown) => {
    log.error("the new version could not be confirmed; it will be taken back", { error });
  });
  await runOn(path, { config, lent }, stop);
  await gate;
  log.info(`gateway "${id}" stopped`);
  return updates?.restart.aborted ? RESTART_CODE : ExitCode.ok;
}

/** A restore that was cut off is finished, or forgotten, before anything of it is used. */
async function endRestore(path: string, log: Log): Promise<void> {
  const dataFolder = await dataFolderOf(path).catch(() => null); // Told with all its mistakes.
  if (dataFolder === null || !existsSync(dataFolder)) return;
  if (!existsSync(join(dataFolder, "restoring"))) return;
  const { finishAtStart } = await import("../backup/put-in-place.ts");
  const found = await finishAtStart(path, dataFolder);
  log.warn(`a restore that was cut off was ${found}`);
}

async function runOn(
  path: string,
  first: { config: GatewayConfig; lent: Lent },
  signal: AbortSignal,
): Promise<void> {
  const { config, lent } = first;
  const configuration = await openConfiguration(path, config, lent);
  if (configuration !== null) return await runVersions(configuration, first, signal);
  const gateway = buildGateway(config, lent);
  lent.updates?.watch(() => gateway.status());
  await gateway.run(signal);
}

async function runVersions(
  configuration: Configuration,
  first: { config: GatewayConfig; lent: Lent },
  signal: AbortSignal,
): Promise<void> {
  const { lent } = first;
  const { Finder } = await import("../find/finder.ts");
  const { ownScouts } = await import("./own-scouts.ts");
  const told = process.env.HEADGATE_FIND;
  const { createUplinkTester } = await import("../uplink-tester.ts");
  const uplinkTester = createUplinkTester(lent.catalogue, lent);
  const finder = new Finder({ scouts: ownScouts(lent.catalogue), clock: lent.clock, told });
  signal.addEventListener("abort", () => finder.stop(), { once: true });
  // It may have been taken back at the start already.
  let config = (await configuration.load(first.config)) ?? first.config;
  while (!signal.aborted) {
    const anew = new AbortController();
    const stop = AbortSignal.any([signal, anew.signal]);
    const gateway = buildGateway(config, { ...lent, configuration, finder, uplinkTester });
    lent.updates?.watch(() => gateway.status());
    const following = follow(configuration, gateway, { stop, anew, log: lent.log });
    try {
      await gateway.run(stop);
    } catch (error) {
      if (!configuration.probation()) throw error;
      await configuration.rollBack(BY_ITSELF, describeError(error));
    } finally {
      anew.abort();
    }
    const next = await following;
    if (signal.aborted) break;
    config = next ?? (await configuration.load()) ?? config;
    lent.log.info(`the gateway begins anew with version ${configuration.version.version}`);
  }
}

interface Following {
  readonly stop: AbortSignal;
  /** Ends the gateway's life: another begins with what the file says. */
  readonly anew: AbortController;
  readonly log: Log;
}

/** Hands the gateway each version, until it stops or has to begin anew with one, which it gives. */
async function follow(
  configuration: Configuration,
  gateway: Gateway,
  { stop, anew, log }: Following,
): Promise<GatewayConfig | null> {
  const unproved: Unproved = (ids) => unprovedIn(gateway.status(), ids);
  configuration.noteInUse();
  while (!stop.aborted) {
    const turn = AbortSignal.any([stop, configuration.changed]);
    const watching = watch(configuration, { unproved, turn, gateway, log });
    await untilAborted(turn);
    await watching;
    if (stop.aborted) break;
    const config = await configuration.load();
    if (config === null) {
      await leave(configuration, log);
      continue;
    }
    if (await isTaken(gateway, config, log)) {
      configuration.noteInUse();
      log.info(`version ${configuration.version.version} of the configuration is in use`);
      continue;
    }
    anew.abort();
    return config;
  }
  return null;
}

async function watch(
  configuration: Configuration,
  given: { unproved: Unproved; turn: AbortSignal; gateway: Gateway; log: Log },
): Promise<void> {
  const { unproved, turn, gateway, log } = given;
  try {
    await configuration.watch(turn, unproved);
    if (configuration.probation() === null) gateway.settle();
  } catch (error) {
    log.error("the configuration could not be taken back", { error });
  }
}

/** What half of it stopped for must not stay so. */
async function isTaken(gateway: Gateway, config: GatewayConfig, log: Log): Promise<boolean> {
  try {
    return await gateway.change(config);
  } catch (error) {
    log.error("the configuration could not be taken up: all begins anew with it", { error });
    return false;
  }
}

/** A version that cannot be read any more since it was checked: what runs goes on. */
async function leave(configuration: Configuration, log: Log): Promise<void> {
  const { version } = configuration.version;
  log.error(`version ${version} of the configuration cannot be read; the one before goes on`);
  if (configuration.probation()?.version !== version) return;
  await configuration.rollBack(BY_ITSELF, "it cannot be read").catch((error: unknown) => {
    // The watch will try it again.
    log.error("the configuration could not be taken back yet", { error });
  });
}
