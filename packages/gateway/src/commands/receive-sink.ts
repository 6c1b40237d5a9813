import { changeSink, type SinkChange } from "@headgate/sync/receiver";
import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";

const CHANGES: readonly [SinkChange, string, (count: number) => string][] = [
  ["retry", "hand on again what it refused", (count) => `${count} blocks are handed on again`],
  [
    "refill",
    "hand on the whole record again",
    (count) => `${count} blocks and gaps are handed on again`,
  ],
  [
    "forget",
    "drop it and what waits for it",
    (count) => `forgotten, with ${count} blocks and gaps that waited`,
  ],
];

/** What a person does about one sink, also while the receiver runs. */
export function addSinkCommands(receive: Command, cli: Cli): void {
  const sink = receive
    .command("sink")
    .description("put right what waits for a sink; `receive status` shows them");
  for (const [change, about, tell] of CHANGES) {
    sink
      .command(`${change} <sink>`)
      .description(about)
      .requiredOption("--store <store>", "the record: an SQLite file, or postgres://…")
      .action(async (name: string, { store }: { store: string }) => {
        process.stdout.write(`${tell(await changeSink(store, name, change))}\n`);
        cli.finish(ExitCode.ok);
      });
  }
}
