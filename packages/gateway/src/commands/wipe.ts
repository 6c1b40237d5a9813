import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Clock, Refused } from "@headgate/model";
import { countWaiting, holdBuffer } from "@headgate/sync/buffer";
import { replaceFile } from "../access/durable-file.ts";
import { VERSION } from "../version.ts";
import { type Wiped, wipeFolder } from "../wipe/wipe-folder.ts";
import type { WipeTarget } from "../wipe/wipe-target.ts";
import { ExitCode } from "./exit-code.ts";

/** What stays of a box that was taken out of service. */
export const RECORD = "wiped.json";

/** Wipes that are told of beside the last. */
const EARLIER_MAX = 10;

const FLASH =
  "Flash (SD cards, eMMC, SSDs) writes what is overwritten to other cells: the old ones may\n" +
  "be read by whoever opens the chip. Where that matters, destroy the card, or have the drive\n" +
  "erase itself. Take the box's logins away at the broker as well.\n";

interface Asked {
  /** The gateway's id, typed by whoever means it. */
  readonly typed: string;
  /** As told before: so many samples are given up. */
  readonly withBacklog: string | undefined;
}

/** `headgate wipe`: takes a box out of service. Refused where something would end silently. */
export async function wipeGateway(
  { id, folder, uplinkIds }: WipeTarget,
  { typed, withBacklog }: Asked,
  clock: Clock,
): Promise<{ text: string; exitCode: number }> {
  if (typed === "") throw new Refused(`no id was typed; nothing was wiped: write --id ${id}`);
  if (typed !== id) {
    throw new Refused(`"${typed}" is not the id of this gateway; nothing was wiped`);
  }
  if (!existsSync(folder)) throw new Refused(`there is no folder "${folder}"`);
  const release = holdBuffer(folder);
  let wiped: Wiped;
  const waiting = countWaiting(folder, uplinkIds);
  try {
    refuseUntold(waiting, withBacklog);
    wiped = await wipeFolder(folder);
  } finally {
    release();
  }
  const left = wiped.left.filter((path) => path !== join(folder, RECORD));
  const { fileCount, bytes } = wiped;
  const record = { gateway: id, wipedMs: clock.nowMs(), version: VERSION };
  const earlier = await earlierIn(folder);
  const told = {
    ...{ ...record, fileCount, bytes, samplesGivenUp: waiting ?? "unknown", left },
    ...(earlier.length > 0 && { earlier }),
  };
  await replaceFile(join(folder, RECORD), `${JSON.stringify(told, null, 2)}\n`);
  return { text: textOf(told, folder), exitCode: ExitCode.ok };
}

/** What wipes before this one did: run again, it must not say that nothing was given up. */
async function earlierIn(folder: string): Promise<readonly object[]> {
  try {
    const text = await readFile(join(folder, RECORD), "utf8");
    const { earlier = [], ...last } = JSON.parse(text) as { earlier?: object[] };
    return [...earlier, last].slice(-EARLIER_MAX);
  } catch {
    return []; // The first one, or no record of ours.
  }
}

function refuseUntold(waiting: number | null, told: string | undefined): void {
  const needed = waiting === null ? "unknown" : `${waiting}`;
  if (waiting === 0 || told === needed) return;
  const what =
    waiting === null
      ? "a damaged buffer holds nobody knows how many samples"
      : `${waiting} samples were not acknowledged by every uplink`;
  const todo = `let them go out, or export them; --with-backlog ${needed} gives them up`;
  throw new Refused(`${what}; nothing was wiped: ${todo}`);
}

interface Told {
  readonly gateway: string;
  readonly fileCount: number;
  readonly bytes: number;
  readonly left: readonly string[];
}

function textOf({ gateway, fileCount, bytes, left }: Told, folder: string): string {
  const lines = [
    `gateway "${gateway}" is wiped: ${fileCount} files, ${bytes} bytes, overwritten and removed`,
    `what was done stands in ${join(folder, RECORD)}`,
    "not touched: the configuration's file, files that it names elsewhere, /etc/headgate/secrets",
    ...left.map((path) => `not touched: ${path}`),
  ];
  return `${lines.join("\n")}\n${FLASH}`;
}

/** Asks a person, or reads a line of whoever stands in for one; "" where nobody is there. */
export async function typeId(
  { id }: WipeTarget,
  signal: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<string> {
  const lines = createInterface({ input, output: process.stderr });
  // A question whose input ends is never answered.
  const ended = once(lines, "close").then(() => "");
  try {
    const question =
      `Everything that gateway "${id}" keeps is removed for good: keys, users, history,\n` +
      "buffer. Type its id to go on: ";
    return (await Promise.race([lines.question(question, { signal }), ended])).trim();
  } finally {
    lines.close();
  }
}
