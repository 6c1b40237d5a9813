import { Misconfigured } from "@headgate/model";
import type { Command } from "commander";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { exportSamples } from "./export.ts";
import { exportFormat } from "./export-format.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { namesIn, unknownName } from "./select-points.ts";

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
      const sink = { out: process.stdout, signal: cli.signal };
      const count = await exportSamples(choice, sink);
      if (count === 0) explainNothing(config, point);
    });
}

/** A point that was taken out of the config may still be in the buffer: only now it is unknown. */
function explainNothing(config: GatewayConfig, point: string | undefined): void {
  const known = namesIn(config);
  const isPoint = point?.includes("/") === true && known.has(point);
  if (point !== undefined && !known.has(point)) throw unknownName([point], known);
  if (point !== undefined && !isPoint) {
    throw new Misconfigured(`export "${point}": name one point, as ${point}/point`);
  }
  const what = point === undefined ? "no sample" : `no sample of "${point}"`;
  process.stderr.write(`headgate: ${what} in the buffer "${config.buffer.path}"\n`);
}
