import { forgetSink, refillSink, retryAside } from "@headgate/sync/receiver";
import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";

/** What a person does about one sink, also while the receiver runs. */
export function addSinkCommands(receive: Command, cli: Cli): void {
  const sink = receive
    .command("sink")
    .description("put right what waits for a sink; `receive status` shows them");
  const add = (name: string, about: string, run: (store: string, sink: string) => string) =>
    sink
      .command(`${name} <sink>`)
      .description(about)
      .requiredOption("--store <file>", "the record, an SQLite file")
      .action((which: string, { store }: { store: string }) => {
        process.stdout.write(`${run(store, which)}\n`);
        cli.finish(ExitCode.ok);
      });
  add("retry", "hand on again what it refused", (store, which) => {
    return `${retryAside(store, which)} blocks are handed on again`;
  });
  add("refill", "hand on the whole record again", (store, which) => {
    return `${refillSink(store, which)} blocks and gaps are handed on`;
  });
  add("forget", "drop it and what waits for it", (store, which) => {
    return `forgotten, with ${forgetSink(store, which)} blocks and gaps that waited`;
  });
}
