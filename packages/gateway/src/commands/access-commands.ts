import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import { showAudit, verifyOutput } from "./audit.ts";
import { showClaim } from "./claim.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";

const CONFIG = ["-c, --config <file>", "the gateway's YAML file"] as const;
const LINES_MAX = 100_000;

/** The commands about who may what, and who did: claim, audit. */
export function addAccessCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const print = ({ text, exitCode }: { text: string; exitCode: number }) => {
    process.stdout.write(text);
    cli.finish(exitCode);
  };
  program
    .command("claim")
    .description("the code with which a gateway that nobody owns is claimed on its page")
    .requiredOption(...CONFIG)
    .action(async ({ config: path }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      print(await showClaim(config));
    });
  const audit = program.command("audit").description("the log of who did what");
  audit
    .command("verify")
    .description(
      "prove that nobody changed it or the journal of writes: exit 0, or 1 with the place",
    )
    .requiredOption(...CONFIG)
    .option("--json", "print JSON")
    .action(async ({ config: path, json }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      print(await verifyOutput(config, json === true));
    });
  audit
    .command("show")
    .description("the last entries, the newest last")
    .requiredOption(...CONFIG)
    .option("--lines <number>", "how many", parseCount, 50)
    .option("--json", "print JSON, one entry a line")
    .action(async ({ config: path, lines, json }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      print(await showAudit(config, { limit: lines, isJson: json === true }));
    });
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= LINES_MAX) return count;
  throw new InvalidArgumentError(`write a whole number from 1 to ${LINES_MAX}`);
}
