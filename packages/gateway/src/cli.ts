import { describeError } from "@headgate/model";
import { Command, CommanderError } from "commander";
import { catalogue } from "./catalogue.ts";
import type { Cli } from "./commands/cli.ts";
import { ExitCode, exitCodeOf } from "./commands/exit-code.ts";
import { parseLogLevel } from "./commands/log-level.ts";
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
    const program = createProgram(cli);
    // A gateway that runs for months has nothing of the other commands in its memory.
    if (argv[2] !== "run") (await import("./other-commands.ts")).addOtherCommands(program, cli);
    await program.parseAsync([...argv]);
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
