import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { forgetLearned, formatLearned, showLearned } from "./learned.ts";
import { loadOrExplain } from "./load-or-explain.ts";

const CONFIG = ["-c, --config <file>", "the gateway's YAML file"] as const;

/** `headgate learned`: what the gateway found out about its devices, and keeps. */
export function addLearnedCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const learned = program
    .command("learned")
    .description("what was learnt of devices: refused registers, lengths, silences, times");
  learned
    .command("show")
    .description("what is kept, also while the gateway runs: it writes once a minute at most")
    .argument("[devices...]", "all if absent")
    .requiredOption(...CONFIG)
    .option("--json", "print JSON")
    .action(async (names: string[], { config: path, json }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const shown = await showLearned(config, names);
      process.stdout.write(json ? `${JSON.stringify(shown, null, 2)}\n` : formatLearned(shown));
    });
  learned
    .command("forget")
    .description("learn devices anew; a running gateway does so within ten seconds")
    .argument("<devices...>", "as the config names them")
    .requiredOption(...CONFIG)
    .action(async (names: string[], { config: path }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const forgotten = await forgetLearned(config, names);
      for (const device of forgotten) process.stdout.write(`${device}: forgotten\n`);
      const others = names.filter((name) => !forgotten.includes(name));
      for (const device of others) process.stdout.write(`${device}: nothing was kept\n`);
      cli.finish(others.length > 0 ? ExitCode.no : ExitCode.ok);
    });
}
