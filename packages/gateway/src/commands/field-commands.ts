import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import { runCheck } from "./check.ts";
import type { Cli } from "./cli.ts";
import { commandContext } from "./command-context.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { formatReadings, readDevices } from "./read.ts";

const CONFIG = ["-c, --config <file>", "the gateway's YAML file"] as const;

/** The commands that look at a config and its devices: check, read, write. */
export function addFieldCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  program
    .command("check")
    .description("check a config: exit 0, or 2 with every mistake, its line and a hint")
    .requiredOption(...CONFIG)
    .option("--lang <lang>", "en or zh; the system's language if absent")
    .option("--json", "print JSON")
    .action(async ({ config: path, lang, json }) => {
      cli.finish(await runCheck({ path, lang, json }, catalogue, process.stdout));
    });
  program
    .command("read")
    .description("read devices or points once")
    .argument("[names...]", "device or device/point; all if absent")
    .requiredOption(...CONFIG)
    .option("--json", "print JSON")
    .action(async (names: string[], { config: path, json }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const { views, exitCode } = await readDevices(config, names, commandContext(config, cli));
      process.stdout.write(json ? `${JSON.stringify(views, null, 2)}\n` : formatReadings(views));
      cli.finish(exitCode);
    });
}
