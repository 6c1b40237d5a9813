import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Misconfigured } from "@headgate/model";
import {
  listQuarantined,
  type Quarantined,
  type QuarantinedContent,
  readQuarantined,
  retryQuarantined,
} from "@headgate/sync/buffer";
import { ExitCode } from "./exit-code.ts";
import { writeSamples } from "./export.ts";
import type { ExportFormat } from "./export-format.ts";
import type { LineSink } from "./line-writer.ts";

const say = (text: string) => process.stderr.write(`headgate: ${text}\n`);

/** Everything that is kept aside in a buffer's folder. */
export const listAside = listQuarantined;

/** A line for each entry, and what to do. */
export function formatAside(entries: readonly Quarantined[]): string {
  if (entries.length === 0) return "nothing is kept aside\n";
  const lines = entries.map((entry) => {
    const { no, stream, epoch, first, last, kind, sampleCount, fromMs, bytes, reason } = entry;
    const range = first === last ? `${first}` : `${first}-${last}`;
    const time = fromMs === 0 ? "" : `, from ${new Date(fromMs).toISOString()}`;
    const what = `${kind}, ${sampleCount} samples, ${bytes} bytes${time}`;
    return `${no}  ${stream} ${epoch} block ${range}: ${what}\n   ${reason}`;
  });
  const todo = "send them again with `headgate quarantine retry`, or read them with `… export`";
  return `${lines.join("\n")}\n${entries.length} kept aside: ${todo}\n`;
}

/** Puts entries back; exit code 1 if there was nothing to put back. */
export async function retryAside(
  folder: string,
  numbers: readonly number[] | undefined,
  nowMs: number,
): Promise<number> {
  const count = await retryQuarantined(folder, chosen(numbers), nowMs);
  if (count > 0) say(`${count} put back: the gateway sends them when it runs`);
  else say("nothing to put back: see `headgate quarantine list`");
  const bare = listQuarantined(folder).filter(({ isBare }) => isBare).length;
  if (bare > 0) say(`${bare} of an older version can only be exported`);
  return count > 0 ? ExitCode.ok : ExitCode.no;
}

/** What to export. */
export interface AsideChoice {
  readonly folder: string;
  readonly numbers: readonly number[] | undefined;
  /** A folder for what are no samples. */
  readonly out: string | undefined;
  readonly format: ExportFormat;
}

/** Writes samples as lines and the rest as files; exit code 1 if there is nothing. */
export async function exportAside(choice: AsideChoice, sink: LineSink): Promise<number> {
  const { folder, numbers, out, format } = choice;
  const contents = readQuarantined(folder, chosen(numbers));
  const samples = contents.flatMap((content) => content.samples);
  await writeSamples(samples, { format, pointId: undefined }, sink);
  const others = contents.filter((content) => content.samples.length === 0);
  if (out !== undefined) for (const content of others) writeContent(content, out);
  else if (others.length > 0) say(`${others.length} hold no samples: name a folder with --out`);
  return contents.length > 0 ? ExitCode.ok : ExitCode.no;
}

function chosen(numbers: readonly number[] | undefined): readonly number[] | null {
  return numbers === undefined || numbers.length === 0 ? null : numbers;
}

function writeContent({ about, picture, body }: QuarantinedContent, out: string): void {
  const { stream, epoch, first } = about;
  const isPlain = picture !== null && !picture.name.split("/").includes("..");
  const path = join(out, isPlain ? picture.name : `${stream}-${epoch}-${first}.body`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, picture?.bytes ?? body);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const todo = "name a folder this user can write to";
    throw new Misconfigured(`write "${path}": ${code}; ${todo}`, { cause });
  }
}
