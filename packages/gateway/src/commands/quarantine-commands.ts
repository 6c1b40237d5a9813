import { systemClock } from "@headgate/model";
import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { exportFormat } from "./export-format.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { exportAside, formatAside, listAside, retryAside } from "./quarantine.ts";

/** `headgate quarantine`: what no far side took, kept for a person to decide about. */
export function addQuarantineCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const quarantine = program
    .command("quarantine")
    .description("blocks that no server or receiver took: list, export, or send them again");
  const folderOf = async (path: string): Promise<string | null> => {
    const config = await loadOrExplain(path, catalogue);
    if (config === null) cli.finish(ExitCode.usage);
    return config?.buffer.path ?? null;
  };
  const config = ["-c, --config <file>", "the gateway's YAML file"] as const;
  const which = ["[numbers...]", "as the list shows them; all if none are given"] as const;
  quarantine
    .command("list")
    .description("what is kept aside and why, also while the gateway runs")
    .requiredOption(...config)
    .option("--json", "print JSON")
    .action(async ({ config: path, json }) => {
      const folder = await folderOf(path);
      if (folder === null) return;
      const entries = listAside(folder);
      process.stdout.write(json ? `${JSON.stringify(entries, null, 2)}\n` : formatAside(entries));
    });
  quarantine
    .command("retry")
    .description("put blocks back under their own numbers: sent again once the gateway runs")
    .argument(...which, numbers)
    .requiredOption(...config)
    .action(async (chosen: readonly number[], { config: path }) => {
      const folder = await folderOf(path);
      if (folder === null) return;
      cli.finish(await retryAside(folder, chosen, systemClock.nowMs()));
    });
  quarantine
    .command("export")
    .description("what blocks hold: samples as lines, pictures and the rest into a folder")
    .argument(...which, numbers)
    .requiredOption(...config)
    .option("--out <folder>", "where pictures and bodies go; without it only samples, to stdout")
    .option("--format <format>", "ndjson or csv", exportFormat, "ndjson")
    .action(async (chosen: readonly number[], { config: path, out, format }) => {
      const folder = await folderOf(path);
      if (folder === null) return;
      const choice = { folder, numbers: chosen, out, format };
      cli.finish(await exportAside(choice, { out: process.stdout, signal: cli.signal }));
    });
}

function numbers(text: string, before: readonly number[] = []): readonly number[] {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("write numbers of headgate quarantine list.");
  }
  return [...before, value];
}
