import type { Command } from "commander";
import { catalogue } from "./catalogue.ts";
import { addAccessCommands } from "./commands/access-commands.ts";
import { addBackupCommands } from "./commands/backup-commands.ts";
import { addBoxCommands } from "./commands/box-commands.ts";
import { addBufferCommands } from "./commands/buffer-commands.ts";
import { addCertificateCommands } from "./commands/certificate-commands.ts";
import type { Cli } from "./commands/cli.ts";
import { runDemo } from "./commands/demo.ts";
import { addExportCommand } from "./commands/export-command.ts";
import { addFieldCommands } from "./commands/field-commands.ts";
import { addLearnedCommands } from "./commands/learned-commands.ts";
import { addLineCommands } from "./commands/line-commands.ts";
import { addProfileCommands } from "./commands/profile-commands.ts";
import { addQuarantineCommands } from "./commands/quarantine-commands.ts";
import { addReceiveCommands } from "./commands/receive-commands.ts";
import { addScanCommands } from "./commands/scan-commands.ts";
import { addUpdateCommands } from "./commands/update-commands.ts";
import { addWriteCommands } from "./commands/write-commands.ts";

/** Every command but `run`. */
export function addOtherCommands(program: Command, cli: Cli): void {
  addFieldCommands(program, catalogue, cli);
  addLineCommands(program, catalogue, cli);
  addWriteCommands(program, catalogue, cli);
  addProfileCommands(program, catalogue, cli);
  addScanCommands(program, catalogue, cli);
  addLearnedCommands(program, catalogue, cli);
  addCertificateCommands(program, catalogue, cli);
  addExportCommand(program, catalogue, cli);
  addBufferCommands(program, catalogue, cli);
  addQuarantineCommands(program, catalogue, cli);
  addAccessCommands(program, catalogue, cli);
  addBackupCommands(program, cli);
  addBoxCommands(program, catalogue, cli);
  addUpdateCommands(program, catalogue, cli);
  addReceiveCommands(program, cli);
  program
    .command("demo")
    .description("run a virtual pasture on this machine")
    .allowUnknownOption()
    .action(async () => cli.finish(await runDemo(cli.signal)));
}
