import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { commandContext } from "./command-context.ts";
import { ExitCode } from "./exit-code.ts";
import { inspectOnce, inspectOutput } from "./inspect.ts";
import { loadOrExplain } from "./load-or-explain.ts";

/** The commands that look at what goes over a line: inspect. */
export function addLineCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
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

function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("write a number, such as 200 or 49.5");
}
