import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Misconfigured } from "@headgate/model";
import type { Command } from "commander";
import type { Catalogue } from "../config/config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { goBack, installUpdate, makeKey, makeUpdate, showState, showUpdate } from "./update.ts";

const FOLDER = ["--into <folder>", "the folder of versions, if this is not one of them"] as const;

const OR_TRUST = ", or the key that signed the update with --trust vendor.pem";

/** `headgate update`: makes updates, looks at them, installs them. */
export function addUpdateCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const print = ({ text, exitCode }: { text: string; exitCode: number }) => {
    process.stdout.write(text);
    cli.finish(exitCode);
  };
  const update = program.command("update").description("signed updates of this program");
  update
    .command("key")
    .description("make a key to sign with: NAME.key stays with you, NAME.pem goes to gateways")
    .argument("<name>", "of the two files")
    .action(async (name: string) => print(await makeKey(name)));
  update
    .command("pack")
    .description("make a signed update of a folder that `pnpm release` made")
    .argument("<folder>")
    .requiredOption("--key <file>", "the private key")
    .requiredOption("-o, --out <file>", "headgate-1.2.0.hgu")
    .option("--notes <text>", "what is new, in English", "")
    .option("--notes-zh <text>", "the same in Chinese", "")
    .action(async (folder: string, { key, out, notes, notesZh }) =>
      print(await makeUpdate(folder, { key, out, notes: { en: notes, zh: notesZh } })),
    );
  update
    .command("show")
    .description("prove an update and say what it is; exit 0, or 1 if it must not be taken")
    .argument("<file>")
    .option(...FOLDER)
    .option("--trust <pem>", "the key that has to have signed it")
    .action(async (file: string, { into, trust }) =>
      print(await showUpdate(file, { folder: trust ? null : folderOf(into, OR_TRUST), trust })),
    );
  addFolderCommands(update, { catalogue, cli, print });
}

function addFolderCommands(
  update: Command,
  {
    catalogue,
    cli,
    print,
  }: {
    catalogue: Catalogue;
    cli: Cli;
    print: (told: { text: string; exitCode: number }) => void;
  },
): void {
  update
    .command("install")
    .description("unpack an update beside what runs; it starts with the next start")
    .argument("<file>")
    .option(...FOLDER)
    .option("--trust <pem>", "a key to be trusted from now on: needed the first time")
    .option("-c, --config <file>", "of the gateway that runs: it has to come as far again")
    .action(async (file: string, { into, trust, config: path }) => {
      const config = path === undefined ? null : await loadOrExplain(path, catalogue);
      if (path !== undefined && config === null) return cli.finish(ExitCode.usage);
      const folder = into === undefined ? folderOf(into) : resolve(into);
      print(await installUpdate(file, { folder, trust, config }, cli.signal));
    });
  update
    .command("status")
    .description("which version runs, which is kept, whether one is on trial")
    .option(...FOLDER)
    .action(async ({ into }) => print(await showState(folderOf(into))));
  update
    .command("roll-back")
    .description("the version that is kept starts with the next start")
    .option(...FOLDER)
    .action(async ({ into }) => print(await goBack(folderOf(into))));
}

/** The folder that this program was started from, unless another is named. */
function folderOf(named: string | undefined, instead = ""): string {
  const own = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const folder = named ?? process.env.HEADGATE_RELEASES ?? own;
  if (existsSync(join(folder, "versions.json"))) return resolve(folder);
  throw new Misconfigured(`"${folder}" is no folder of versions; name it with --into${instead}`);
}
