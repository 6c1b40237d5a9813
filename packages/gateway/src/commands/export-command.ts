import { Misconfigured } from "@headgate/model";
import { countThinned } from "@headgate/sync/buffer";
import type { Command } from "commander";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { exportSamples } from "./export.ts";
import { exportFormat } from "./export-format.ts";
import { exportThinned } from "./export-thinned.ts";
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
    .option("--thinned", "the minutes of samples that were thinned, instead of samples")
    .action(async ({ config: path, format, point, thinned }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const choice = { directory: config.buffer.path, format, pointId: point };
      const sink = { out: process.stdout, signal: cli.signal };
      const isThinned = thinned === true;
      const count = await (isThinned ? exportThinned(choice, sink) : exportSamples(choice, sink));
      if (count === 0) explainNothing(config, { point, isThinned });
      if (!isThinned) tellThinned(config.buffer.path);
    });
}

/** Samples that only minutes tell of are not among those exported: that is said. */
function tellThinned(directory: string): void {
  const { blocks, samples } = countThinned(directory);
  if (blocks === 0) return;
  const what = `${samples} samples of ${blocks} blocks are kept as minutes only`;
  process.stderr.write(`headgate: ${what}: \`headgate export --thinned\` writes them\n`);
}

/** A point that was taken out of the config may still be in the buffer: only now it is unknown. */
function explainNothing(
  config: GatewayConfig,
  { point, isThinned }: { point: string | undefined; isThinned: boolean },
): void {
  const known = namesIn(config);
  const isPoint = point?.includes("/") === true && known.has(point);
  if (point !== undefined && !known.has(point)) throw unknownName([point], known);
  if (point !== undefined && !isPoint) {
    throw new Misconfigured(`export "${point}": name one point, as ${point}/point`);
  }
  const none = isThinned ? "no minute of thinned blocks" : "no sample";
  const what = point === undefined ? none : `${none} of "${point}"`;
  process.stderr.write(`headgate: ${what} in the buffer "${config.buffer.path}"\n`);
}
