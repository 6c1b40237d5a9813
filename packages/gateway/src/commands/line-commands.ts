import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import { browseChannel } from "./browse.ts";
import type { Cli } from "./cli.ts";
import { commandContext } from "./command-context.ts";
import { ExitCode } from "./exit-code.ts";
import { inspectOnce, inspectOutput } from "./inspect.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { followTrace, recordTrace, showTrace, showUnits, type TraceOptions } from "./trace.ts";

/** The commands that look at what goes over a line: inspect, trace. */
export function addLineCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  addTrace(program, catalogue, cli);
  addBrowse(program, catalogue, cli);
  program
    .command("inspect")
    .description("read registers raw, and rank every way to read them")
    .argument("<device>", "device, or device/point")
    .argument("[address]", "holding:40, input:0x10 or a manual's number; a point has its own")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--shows <number>", "what the device's own display shows: 230.1")
    .option("--unit <unit>", "V, kWh, °C …")
    .option("--min <number>", "lowest plausible value", parseNumber)
    .option("--max <number>", "highest plausible value", parseNumber)
    .option("--lang <lang>", "en or zh; the system's language if absent")
    .option("--json", "print JSON")
    .action(async (name: string, address: string | undefined, options) => {
      const config = await loadOrExplain(options.config, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const { shows = null, unit = null, min = null, max = null } = options;
      const request = { name, address: address ?? null, hints: { shows, unit, min, max } };
      const report = await inspectOnce(config, request, commandContext(config, cli));
      const isJson = options.json === true;
      const { text, exitCode } = inspectOutput(report, { lang: options.lang, isJson });
      process.stdout.write(text);
      cli.finish(exitCode);
    });
}

function addTrace(program: Command, catalogue: Catalogue, cli: Cli): void {
  program
    .command("trace")
    .description("what went over a running gateway's line: the last 200 frames, or those to come")
    .argument("<channel>", "a channel of the config")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--follow", "go on until Ctrl-C, at most 10 min")
    .option("--record <file>", "write a recording for Wireshark (.pcap)")
    .option("--seconds <number>", "how long to follow or record, at most 600")
    .option("--errors", "only frames that something is wrong with")
    .option("--units", "how each unit has answered since the start")
    .option("--json", "print JSON")
    .action(async (channel: string, given) => {
      const config = await loadOrExplain(given.config, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const options: TraceOptions = {
        channel,
        path: given.config,
        seconds: given.seconds ?? null,
        isErrorsOnly: given.errors === true,
        isJson: given.json === true,
      };
      const context = commandContext(config, cli);
      const write = (text: string) => process.stdout.write(text);
      if (given.record !== undefined) {
        const file: string = given.record;
        const told = await recordTrace(config, { ...options, file }, context);
        write(`${file}: open it in Wireshark, or: tshark -r ${file} ${told}`.trimEnd());
        write("\n");
      } else if (given.units) await showUnits(config, options, { context, write });
      else if (given.follow) await followTrace(config, options, { context, write });
      else await showTrace(config, options, { context, write });
    });
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("write a number, such as 200 or 49.5");
}

function addBrowse(program: Command, catalogue: Catalogue, cli: Cli): void {
  program
    .command("browse")
    .description("what a server offers: kind, path and address, as it comes")
    .argument("<channel>", "as the config names it")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--search <text>", "only what has this in its path or address; looks everywhere")
    .option("--from <address>", "begin at this node")
    .option("--depth <levels>", "2 if absent; with --search as deep as it goes", parseNumber)
    .option("--max <count>", "stop after so many", parseNumber, 1_000_000)
    .option("--json", "a JSON object a line")
    .action(async (channel: string, options) => {
      const config = await loadOrExplain(options.config, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const { search, from, depth = search === undefined ? 2 : undefined, max, json } = options;
      const query = { search, from, depthMax: depth };
      const request = { channel, query, countMax: max, isJson: json === true };
      const sink = { out: process.stdout, signal: cli.signal };
      const context = commandContext(config, cli);
      const count = await browseChannel(config, request, { context, sink });
      if (count === 0) cli.finish(ExitCode.no);
    });
}
