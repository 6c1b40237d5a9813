import { systemClock } from "@headgate/model";
import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import { wipeTargetOf } from "../wipe/wipe-target.ts";
import { runCheck } from "./check.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { applyRules, firewallRules, parseUser } from "./firewall.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { showParts } from "./parts.ts";
import { typeId, wipeGateway } from "./wipe.ts";

/** The commands about the box: what its program is made of, what it may reach, and its end. */
export function addBoxCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const print = ({ text, exitCode }: { text: string; exitCode: number }) => {
    process.stdout.write(text);
    cli.finish(exitCode);
  };
  program
    .command("parts")
    .description("what this program is made of: every package, with version and licence")
    .option("--json", "the whole list, as CycloneDX 1.6 has it")
    .action(async ({ json }) => print(await showParts(json === true)));
  program
    .command("firewall")
    .description("nftables rules: the gateway's user reaches what the configuration names, no more")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--user <user>", "that the gateway runs as", parseUser, "headgate")
    .option("--apply", "hand them to nft, as root, instead of printing them")
    .action(async ({ config: path, user, apply }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const rules = await firewallRules(config, { path, user }, process.stderr);
      if (apply === true) await applyRules(rules);
      const text = `the user ${user} reaches what ${path} names now, and nothing else\n`;
      print({ text: apply === true ? text : rules, exitCode: ExitCode.ok });
    });
  program
    .command("wipe")
    .description("take a gateway out of service: everything it keeps is overwritten and removed")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--id <gateway>", "its id, instead of typing it when asked")
    .option("--with-backlog <samples>", "give up so many samples that are not upstream")
    .action(async ({ config: path, id, withBacklog }) => {
      const target = await wipeTargetOf(path);
      if (target === null) {
        await runCheck({ path }, catalogue, process.stderr);
        return cli.finish(ExitCode.usage);
      }
      const typed: string = id ?? (await typeId(target, cli.signal));
      print(await wipeGateway(target, { typed, withBacklog }, systemClock));
    });
}
