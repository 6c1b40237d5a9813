import { dirname } from "node:path";
import { Misconfigured, systemClock } from "@headgate/model";
import { isPostgresUrl, type Sink } from "@headgate/sync/receiver";
import { type Command, InvalidArgumentError } from "commander";
import { createLog } from "../log.ts";
import { addBrokerOptions, readBrokerAccess } from "./broker-options.ts";
import type { Cli } from "./cli.ts";
import { loadSinks } from "./load-sinks.ts";
import { parseLogLevel } from "./log-level.ts";
import { runReceive, sayRestored, withMetrics } from "./receive.ts";
import { exportReceived, parseTimeMs } from "./receive-export.ts";
import { moveTo, reportShards, runShards, shardNames } from "./receive-shards.ts";
import { addSinkCommands } from "./receive-sink.ts";
import { reportReceived } from "./receive-status.ts";
import type { MetricsAddress } from "./serve-metrics.ts";
import { sinkFromUrl } from "./sink-from-url.ts";

const STORE = [
  "--store <store>",
  "the record: an SQLite file, or postgres://user@host/database",
] as const;

/** The upstream end: receive, and looking at what was received. */
export function addReceiveCommands(program: Command, cli: Cli): void {
  const receive = addReceive(program, cli);
  addStatus(receive, cli);
  addExport(receive, cli);
  addRestored(receive);
  addShards(receive, cli);
  addSinkCommands(receive, cli);
}

function addReceive(program: Command, cli: Cli): Command {
  const receive = addBrokerOptions(program.command("receive"))
    .enablePositionalOptions()
    .description("store what gateways send, each sample once, and acknowledge it")
    .option(...STORE)
    .option("--id <id>", "this receiver's name: one for each store", "main")
    .option("--root <topic>", "topic root", "headgate/1")
    .option("--shards <list>", "share the work: how many shards there are, or a,b,c", shardNames)
    .option("--instance <name>", "with --shards: this process's own name; host and pid if absent")
    .option("--lease <seconds>", "with --shards: how long a dead one keeps its shards", seconds)
    .option("--metrics <host:port>", "serve /metrics for Prometheus, and /healthz", hostAndPort)
    .option(
      "--sink <[name=]url>",
      "hands on to tls://host:4222/STREAM (NATS) or https://host/path; may be repeated",
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option("--sinks <file>", "YAML file of sinks, where they need secrets or settings")
    .option("--log-level <level>", "debug, info, warn or error", parseLogLevel, "info")
    .action(async (options) => {
      const { url, store, shards, instance, lease, metrics, logLevel } = options;
      if (!url || !store) receive.error("receive needs --url and --store");
      const context = {
        clock: systemClock,
        log: await createLog(logLevel),
        signal: cli.signal,
        directory: isPostgresUrl(store) ? process.cwd() : dirname(store),
      };
      const settings = {
        ...(await readBrokerAccess(url, options)),
        storeAddress: store,
        receiverId: options.id,
        root: options.root,
        sinks: await sinksOf(options),
      };
      const own = {
        ...(instance ? { instance } : {}),
        ...(lease === undefined ? {} : { leaseMs: 1000 * lease }),
      };
      const exitCode = await withMetrics(metrics, context, (watch) =>
        shards
          ? runShards({ ...settings, ...watch, shards, ...own }, context)
          : runReceive({ ...settings, ...watch }, context),
      );
      cli.finish(exitCode);
    });
  return receive;
}

function addStatus(receive: Command, cli: Cli): void {
  receive
    .command("status")
    .description("what the record holds, lacks and is told to be gone; exit 0 if complete, else 1")
    .requiredOption(...STORE)
    .option("--json", "print JSON")
    .action(async ({ store, json }) => {
      const { text, exitCode } = await reportReceived(store, { isJson: json === true });
      process.stdout.write(text);
      cli.finish(exitCode);
    });
}

function addExport(receive: Command, cli: Cli): void {
  receive
    .command("export")
    .description("every stored sample as a line of JSON")
    .requiredOption(...STORE)
    .option("--gateway <id>", "only of this gateway")
    .option("--point <device/point>", "only of this point")
    .option("--from <time>", "from here on, ISO 8601 or UTC milliseconds", time)
    .option("--to <time>", "up to here", time)
    .option("--thinned", "the minutes of thinned blocks, instead of samples")
    .action(async ({ store, gateway, point, from, to, thinned }) => {
      const options = {
        ...(gateway ? { gateway } : {}),
        ...(point ? { point } : {}),
        ...(from === undefined ? {} : { fromMs: from }),
        ...(to === undefined ? {} : { toMs: to }),
        isThinned: thinned === true,
      };
      const sink = { out: process.stdout, signal: cli.signal };
      cli.finish(await exportReceived(store, options, sink));
    });
}

function addRestored(receive: Command): void {
  receive
    .command("restored")
    .description("say that the record was restored from a backup; with its receivers stopped")
    .requiredOption(...STORE)
    .action(async ({ store }) => {
      await sayRestored(store);
    });
}

function addShards(receive: Command, cli: Cli): void {
  receive
    .command("shards")
    .description("which receiver owns which shard; exit 0 if each has an owner, else 1")
    .requiredOption(...STORE)
    .option("--json", "print JSON")
    .action(async ({ store, json }) => {
      const { text, exitCode } = await reportShards(store, { isJson: json === true });
      process.stdout.write(text);
      cli.finish(exitCode);
    });
  receive
    .command("move")
    .description("give a shard to another receiver, which keeps it while it is alive")
    .requiredOption(...STORE)
    .requiredOption("--shard <name>", "the shard")
    .requiredOption("--to <instance>", 'the receiver; "any" lets it go to whoever has least')
    .action(async ({ store, shard, to }) => {
      await moveTo(store, { shard, to });
    });
}

interface SinkOptions {
  readonly sink: readonly string[];
  readonly sinks?: string;
  readonly allowPlain?: boolean;
}

async function sinksOf(options: SinkOptions): Promise<Sink[]> {
  const named = options.sink.map((text) => sinkFromUrl(text, options.allowPlain));
  const all = [...named, ...(options.sinks ? await loadSinks(options.sinks) : [])];
  const names = all.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Misconfigured(`sink "${twice}" is there twice; name them`);
  return all;
}

function hostAndPort(text: string): MetricsAddress {
  const [, host = "", port = ""] = /^(?:\[?([^\]]+?)\]?:)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== "" && Number(port) < 65_536)
    return { host: host || "127.0.0.1", port: Number(port) };
  throw new InvalidArgumentError("write 127.0.0.1:9100.");
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 3600) return value;
  throw new InvalidArgumentError("1 to 3600.");
}

function time(text: string): number {
  const ms = parseTimeMs(text);
  if (ms === null) throw new InvalidArgumentError("write a time such as 2026-01-02T03:04:05Z.");
  return ms;
}
