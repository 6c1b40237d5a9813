import { join } from "node:path";
import { type Clock, describeError, type Log } from "@headgate/model";
import { textIfThere } from "../access/durable-file.ts";
import { createMachineClock } from "../clock/machine-clock.ts";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { Unproved } from "../configuration/probation.ts";
import { buildGateway, type Gateway } from "../gateway.ts";
import { untilAborted } from "../gateway-run.ts";
import { createLog, type LogLevel } from "../log.ts";
import { unprovedIn } from "../status.ts";
import { launcherLetsGo, openUpdateDesk } from "../update/follow-launcher.ts";
import { RESTART_CODE } from "../update/launch-contract.ts";
import type { UpdateDesk } from "../update/update-desk.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";

export interface RunOptions {
  readonly path: string;
  readonly level: LogLevel;
}

interface Lent {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the launcher started this process. */
  readonly updates?: UpdateDesk;
}

/** `headgate run`: runs until the signal aborts, with each configuration that is applied. */
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
  const clock = createMachineClock();
  const updates = await openUpdateDesk(process.env, { clock, log });
  const lent = { catalogue, log, clock, ...(updates && { updates }) };
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

/** Null where nobody can change it over HTTP: then nothing of that is loaded. */
async function openConfiguration(
  path: string,
  { buffer, web }: GatewayConfig,
  lent: Lent,
): Promise<Configuration | null> {
  const folder = join(buffer.path, "config");
  try {
    const isPending = (await textIfThere(join(folder, "pending.json"))) !== null;
    if (web === null && !isPending) return null;
    const { Configuration } = await import("../configuration/configuration.ts");
    const seconds = Number(process.env.HEADGATE_CONFIRM_SECONDS);
    const confirmMsMax = seconds > 0 ? { confirmMsMax: 1000 * seconds } : {};
    return await Configuration.open(path, folder, { ...lent, ...confirmMsMax });
  } catch (error) {
    // A full disk is no reason to read no meters.
    const todo = "the configuration cannot be changed over HTTP until the next start";
    lent.log.error(`versions of the configuration cannot be kept; ${todo}`, { error });
    return null;
  }
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
      await configuration.rollBack("the gateway", describeError(error));
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
    const watching = configuration.watch(turn, unproved).catch((error: unknown) => {
      log.error("the configuration could not be taken back", { error });
    });
    await untilAborted(turn);
    await watching;
    if (stop.aborted) break;
    const config = await configuration.load();
    if (config && (await gateway.change(config))) {
      configuration.noteInUse();
      log.info(`version ${configuration.version.version} of the configuration is in use`);
      continue;
    }
    anew.abort();
    return config;
  }
  return null;
}
