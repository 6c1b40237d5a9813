import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { exportSamples } from "./export.ts";
import { exportFormat } from "./export-format.ts";
import { loadOrExplain } from "./load-or-explain.ts";

/** `headgate export`: what the buffer still holds. */
export function addExportCommand(program: Command, catalogue: Catalogue, cli: Cli): void {
  program
    .command("export")
    .description("what the buffer still holds, also while the gateway runs")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--format <format>", "ndjson or csv", exportFormat, "ndjson")
    .option("--point <device/point>", "only of this point")
    .action(async ({ config: path, format, point }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const choice = { directory: config.buffer.path, format, pointId: point };
      await exportSamples(choice, { out: process.stdout, signal: cli.signal });
    });
}
