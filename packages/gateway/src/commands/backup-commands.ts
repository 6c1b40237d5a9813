import type { Command } from "commander";
import { backUp } from "./backup.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { explainFiles } from "./explain-files.ts";
import { readPassphrase } from "./read-passphrase.ts";
import { restore } from "./restore.ts";

const CONFIG = ["-c, --config <file>", "the gateway's YAML file"] as const;
const PASSPHRASE = [
  "--passphrase-file <file>",
  "file that holds the passphrase, which is asked for else, or read from a pipe",
] as const;

/** The commands about a box that may be lost: backup, restore. */
export function addBackupCommands(program: Command, cli: Cli): void {
  const print = ({ text, exitCode }: { text: string; exitCode: number }) => {
    process.stdout.write(text);
    cli.finish(exitCode);
  };
  const { signal } = cli;
  program
    .command("backup <file>")
    .description("everything that a new box needs, in one file that a passphrase opens")
    .requiredOption(...CONFIG)
    .option("--with-buffer", "samples and pictures that the buffer holds, too")
    .option(...PASSPHRASE)
    .action(async (out, { config: configPath, withBuffer, passphraseFile: file }) => {
      const passphrase = await readPassphrase({ file, isNew: true, signal });
      const asked = { configPath, out, withBuffer: withBuffer === true, signal };
      print(await explainFiles("back up", async () => await backUp(asked, passphrase)));
    });
  program
    .command("restore <file>")
    .description("prove a backup and put it in place, all of it or nothing; the gateway is stopped")
    .option("-c, --config <file>", "where the gateway's YAML file comes")
    .option("--replace", "keep aside what is there")
    .option("--check", "only prove it")
    .option(...PASSPHRASE)
    .action(async (path, { config = null, replace, check, passphraseFile: file }) => {
      if (config === null && check !== true) {
        process.stderr.write("headgate: restore: -c FILE says where it comes; --check proves it\n");
        return cli.finish(ExitCode.usage);
      }
      const passphrase = await readPassphrase({ file, isNew: false, signal });
      const configPath = check === true ? null : config;
      const asked = { file: path, configPath, isReplacing: replace === true, signal };
      print(await explainFiles("restore", async () => await restore(asked, passphrase)));
    });
}
