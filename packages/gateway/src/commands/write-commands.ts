import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { commandContext } from "./command-context.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { selectOnce, writeOnce } from "./write.ts";
import { listWrites } from "./writes.ts";

const CONFIG = ["-c, --config <file>", "the gateway's YAML file"] as const;
const SHOWN = 50;

/** The commands about writing to devices: write, writes. */
export function addWriteCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  program
    .command("write")
    .description("write one value in engineering units and read it back")
    .argument("<point>", "device/point")
    .argument("<value>", "true, false, a number or text")
    .requiredOption(...CONFIG)
    .option("--select", "only select the point: the first half where the config asks for two")
    .option("--selection <id>", "the second half: what --select gave")
    .option("--json", "print JSON")
    .action(async (pointId: string, text: string, given) => {
      const config = await loadOrExplain(given.config, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const options = { pointId, text, selection: given.selection };
      const context = commandContext(config, cli);
      const print = (result: object, line: string) =>
        process.stdout.write(given.json ? `${JSON.stringify(result)}\n` : line);
      if (given.select) {
        const held = await selectOnce(config, options, context);
        const { selection, value, validForMs } = held;
        print(held, `${pointId}: ${value} selected for ${validForMs / 1000} s: ${selection}\n`);
        return;
      }
      const result = await writeOnce(config, options, context);
      const { point, wrote, readBack, state, reason, exitCode } = result;
      const why = reason === null ? "" : ` (${reason})`;
      print(result, `${point}: wrote ${wrote}, read back ${readBack}: ${state}${why}\n`);
      cli.finish(exitCode);
    });
  program
    .command("writes")
    .description("who wrote what to which device, and what became of it; 1 if lines were changed")
    .requiredOption(...CONFIG)
    .option("--last <number>", `so many steps; ${SHOWN} if absent`, parseCount, SHOWN)
    .option("--point <name>", "only this device/point")
    .option("--json", "print JSON")
    .action(async ({ config: path, last, point, json }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const { text, exitCode } = await listWrites(config, { last, point, isJson: json === true });
      process.stdout.write(text);
      cli.finish(exitCode);
    });
}

function parseCount(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("write a whole number from 1 on");
}
