import { mkdir } from "node:fs/promises";
import { type Buffer, type Context, Misconfigured, STREAMS, type Stream } from "@headgate/model";
import { machineId } from "./machine-id.ts";
import type { BufferOptions } from "./options.ts";
import { codeOf } from "./sqlite.ts";
import { SqliteBuffer } from "./sqlite-buffer.ts";
import { StoreLink } from "./store-link.ts";
import type { Opened, StoreCaller } from "./store-messages.ts";
import { StoreWorker } from "./store-worker.ts";

/** Opens the buffer kept in `options.directory`, or begins one there. */
export async function openBuffer(options: BufferOptions, context: Context): Promise<Buffer> {
  await makeDirectory(options.directory);
  const startStore = () => new StoreWorker();
  return openOn(new StoreLink(options, { startStore, machineId: await machineId(), context }), {
    options,
    context,
  });
}

/** The same buffer on a database that is lent. Pictures still go into `options.directory`. */
export function openBufferOn(
  startStore: () => StoreCaller,
  options: BufferOptions,
  context: Context,
): Promise<Buffer> {
  const link = new StoreLink(options, { startStore, machineId: "", context });
  return openOn(link, { options, context });
}

async function openOn(
  link: StoreLink,
  { options, context }: { readonly options: BufferOptions; readonly context: Context },
): Promise<Buffer> {
  try {
    const opened = await link.open();
    const buffer = new SqliteBuffer(link, options, context);
    await buffer.start(epochsDue(opened));
    return buffer;
  } catch (error) {
    await link.close();
    throw explained(error, options.directory);
  }
}

/** A folder or file of another user's is a person's matter, not a bug. */
function explained(error: unknown, directory: string): unknown {
  if (!/^(SQLITE_(CANTOPEN|READONLY|PERM)|EACCES|EPERM|EROFS)/.test(codeOf(error))) return error;
  const advice = "this user must be able to write to the folder and to every file in it";
  return new Misconfigured(`open buffer "${directory}": ${codeOf(error)}; ${advice}`, {
    cause: error,
  });
}

function epochsDue({
  epochs,
  setAsidePath,
  suspicion,
}: Opened): { stream: Stream; reason: string }[] {
  const reason = setAsidePath ? `damaged file set aside as ${setAsidePath}` : suspicion;
  const isCurrent = (stream: Stream) =>
    epochs.some((epoch) => epoch.stream === stream && epoch.isCurrent);
  // Events and history begin with the first; those of before go on.
  const isUsed = (stream: Stream) =>
    (stream !== "events" && stream !== "history") ||
    epochs.some((epoch) => epoch.stream === stream);
  const used = STREAMS.filter(isUsed);
  return used
    .filter((stream) => reason !== "" || !isCurrent(stream))
    .map((stream) => {
      return { stream, reason: reason || "new database" };
    });
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (cause) {
    const advice = "name a folder this user can write to";
    throw new Misconfigured(`open buffer "${directory}": ${codeOf(cause)}; ${advice}`, { cause });
  }
}
