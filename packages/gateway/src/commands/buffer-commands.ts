import { join } from "node:path";
import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import { checkFile } from "./buffer-check.ts";
import { salvageFile } from "./buffer-salvage.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { exportFormat } from "./export-format.ts";
import { loadOrExplain } from "./load-or-explain.ts";

/** `headgate buffer`: looks after the file that holds what is not upstream yet. */
export function addBufferCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const buffer = program
    .command("buffer")
    .description("check the buffer's file, or salvage a damaged one");
  buffer
    .command("check")
    .description("prove every block, also while the gateway runs; exit 0 if sound, else 1")
    .argument("[file]", "buffer.db, or another database file of a buffer")
    .option("-c, --config <file>", "the gateway's YAML file: its buffer is checked")
    .option("--json", "print JSON")
    .action(async (file: string | undefined, { config: path, json }) => {
      if ((file === undefined) === (path === undefined)) {
        buffer.error("buffer check needs a file or --config, one of the two");
      }
      const config = path === undefined ? null : await loadOrExplain(path, catalogue);
      if (path !== undefined && config === null) return cli.finish(ExitCode.usage);
      const checked = config === null ? (file ?? "") : join(config.buffer.path, "buffer.db");
      cli.finish(checkFile(checked, { isJson: json === true }));
    });
  buffer
    .command("salvage")
    .description("everything that can still be proved of a damaged or set-aside file")
    .argument("<file>", "buffer.db.damaged-…, or any database file of a buffer")
    .option("--out <path>", "write samples into this file, or with pictures into this folder")
    .option("--into <folder>", "give the blocks back to this buffer, whose gateway is stopped")
    .option("--format <format>", "ndjson or csv", exportFormat, "ndjson")
    .action(async (file: string, { out, into, format }) => {
      cli.finish(await salvageFile(file, { out, into, format }, cli.signal));
    });
}
