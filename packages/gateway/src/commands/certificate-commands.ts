import { systemClock } from "@headgate/model";
import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import { decideCertificate, formatCertificates, listCertificates } from "./certificates.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";

const CONFIG = ["-c, --config <file>", "the gateway's YAML file"] as const;

/** `headgate certificates`: whom the gateway's lines trust. */
export function addCertificateCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const certificates = program
    .command("certificates")
    .description("certificates that servers showed: seen, trusted, rejected, expiring");
  certificates
    .command("list")
    .description("those of the channels named, or of all")
    .argument("[channels...]", "all if absent")
    .requiredOption(...CONFIG)
    .option("--json", "print JSON")
    .action(async (names: string[], { config: path, json }) => {
      const config = await loadOrExplain(path, catalogue);
      if (config === null) return cli.finish(ExitCode.usage);
      const listed = await listCertificates(config, names, systemClock);
      process.stdout.write(json ? `${JSON.stringify(listed)}\n` : formatCertificates(listed));
    });
  for (const [name, state] of [
    ["trust", "trusted"],
    ["reject", "rejected"],
  ] as const) {
    certificates
      .command(name)
      .description(`the certificate is ${state} from the next attempt on`)
      .argument("<channel>", "as the config names it")
      .argument("<thumbprint>", "or its first digits")
      .requiredOption(...CONFIG)
      .action(async (channel: string, thumbprint: string, { config: path }) => {
        const config = await loadOrExplain(path, catalogue);
        if (config === null) return cli.finish(ExitCode.usage);
        const decided = await decideCertificate(config, { channel, thumbprint }, state);
        if (decided) {
          process.stdout.write(`${channel}: ${decided.subject} is ${state}\n`);
          return;
        }
        process.stdout.write(`${channel}: no one certificate begins with "${thumbprint}"\n`);
        cli.finish(ExitCode.no);
      });
  }
}
