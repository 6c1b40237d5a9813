import { describeError } from "@headgate/model";
import { Command, CommanderError } from "commander";
import { catalogue } from "./catalogue.ts";
import { addBufferCommands } from "./commands/buffer-commands.ts";
import type { Cli } from "./commands/cli.ts";
import { runDemo } from "./commands/demo.ts";
import { ExitCode, exitCodeOf } from "./commands/exit-code.ts";
import { addExportCommand } from "./commands/export-command.ts";
import { addFieldCommands } from "./commands/field-commands.ts";
import { parseLogLevel } from "./commands/log-level.ts";
import { addQuarantineCommands } from "./commands/quarantine-commands.ts";
import { addReceiveCommands } from "./commands/receive-commands.ts";
import { VERSION } from "./version.ts";

/** The command line: parses, runs one command, resolves with the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const stop = stopOnSignals();
  // Whoever reads the pipe may have seen enough (`| head`): that is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  const cli: Cli = {
    signal: stop.signal,
    finish: (code) => {
      exitCode = code;
    },
  };
  try {
    await createProgram(cli).parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ExitCode.usage;
    const code = exitCodeOf(error);
    if (code === null) throw error;
    process.stderr.write(`headgate: ${describeError(error)}\n`);
    return code;
  } finally {
    stop.forget();
  }
}

function createProgram(cli: Cli): Command {
  const program = new Command("headgate")
    .description("The gateway that says what it has, what is late, and what is gone and why.")
    .version(VERSION, "-V, --version", "say which version this is")
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(headgate --help shows every command)");

  program
    .command("run")
    .description("run the gateway until SIGTERM or Ctrl-C")
    .requiredOption("-c, --config <file>", "the gateway's YAML file")
    .option("--log-level <level>", "debug, info, warn or error", parseLogLevel, "info")
    .action(async ({ config, logLevel: level }) => {
      const { runGateway } = await import("./commands/run.ts");
      cli.finish(await runGateway({ path: config, level }, catalogue, cli.signal));
    });
  addFieldCommands(program, catalogue, cli);
  addExportCommand(program, catalogue, cli);
  addBufferCommands(program, catalogue, cli);
  addQuarantineCommands(program, catalogue, cli);
  addReceiveCommands(program, cli);
  program
    .command("demo")
    .description("run a virtual pasture on this machine")
    .allowUnknownOption()
    .action(async () => cli.finish(await runDemo(cli.signal)));
  return program;
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process as usual. */
function stopOnSignals(): { signal: AbortSignal; forget: () => void } {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGTERM", onSignal);
  process.once("SIGINT", onSignal);
  const forget = () => {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  };
  return { signal: stop.signal, forget };
}
