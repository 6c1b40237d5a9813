import type { GatewayConfig } from "../config/config.ts";
import { journalFolder } from "../writes/gateway-writes.ts";
import { readJournal } from "../writes/journal-files.ts";
import type { JournalRecord } from "../writes/write-record.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";

/** What was asked of `headgate writes`. */
export interface WritesOptions {
  readonly last: number;
  readonly point: string | undefined;
  readonly isJson: boolean;
}

/** `headgate writes`: who wrote what, and what became of it; 1 if the journal was damaged. */
export async function listWrites(
  config: GatewayConfig,
  { last, point, isJson }: WritesOptions,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { records, damaged } = await readJournal(journalFolder(config));
  const wanted = records.filter((record) => {
    return point === undefined || (record.kind === "write" && record.point === point);
  });
  const shown = wanted.slice(-last);
  const exitCode = damaged.length > 0 ? ExitCode.no : ExitCode.ok;
  if (isJson)
    return { text: `${JSON.stringify({ records: shown, damaged }, null, 2)}\n`, exitCode };
  const warning = damaged.map((where) => `damaged or changed: ${where}\n`).join("");
  if (shown.length === 0) return { text: `nothing was written yet\n${warning}`, exitCode };
  const rows = shown.map((record) => [record.at, ...cellsOf(record)]);
  return { text: `${formatTable([HEAD, ...rows])}${warning}`, exitCode };
}

const HEAD = ["TIME", "STATE", "WHAT", "VALUE", "BY", "READ BACK", "REASON"];

function cellsOf(record: JournalRecord): readonly string[] {
  if (record.kind === "write") {
    const { state, point, value, by, readBack, reason } = record;
    return [
      state,
      point,
      String(value),
      by,
      readBack === null ? "" : String(readBack),
      reason ?? "",
    ];
  }
  const { channel, unit, place, values, client, outcome, reason } = record;
  const what = `${channel} unit ${unit} ${place}`;
  return [outcome, what, values.join(" "), `proxy ${client}`, "", reason ?? ""];
}
