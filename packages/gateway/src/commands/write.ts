import { mkdirSync } from "node:fs";
import { type Context, Misconfigured } from "@headgate/model";
import { holdBuffer } from "@headgate/sync/buffer";
import type { GatewayConfig, PointConfig } from "../config/config.ts";
import { journalFolder } from "../writes/gateway-writes.ts";
import { type Selection, WriteDesk } from "../writes/write-desk.ts";
import { WriteJournal } from "../writes/write-journal.ts";
import type { WriteReport, WrittenValue } from "../writes/write-record.ts";
import { requireAccess } from "../writes/write-rules.ts";
import type { WriteView } from "../writes/write-view.ts";
import { ExitCode } from "./exit-code.ts";
import { findRunning, type RunningGateway } from "./find-running.ts";
import { channelContext } from "./read.ts";
import { type Selection as Chosen, selectPoints } from "./select-points.ts";

/** What was asked of `headgate write`. */
export interface WriteOptions {
  readonly pointId: string;
  readonly text: string;
  /** What `--select` gave. */
  readonly selection?: string | undefined;
}

export interface WriteResult extends WriteReport {
  readonly wrote: WrittenValue;
  readonly exitCode: number;
}

/** `headgate write`: one value in engineering units, read back. Rejects with a fault. */
export async function writeOnce(
  config: GatewayConfig,
  options: WriteOptions,
  context: Context,
): Promise<WriteResult> {
  const report = await withWriter(config, options, {
    context,
    use: (writer) => writer.write(requestOf(options)),
  });
  const isDone = report.state === "verified" || report.state === "sent";
  return { ...report, wrote: report.value, exitCode: isDone ? ExitCode.ok : ExitCode.no };
}

/** `headgate write --select`: the first half, for points that ask for it. */
export async function selectOnce(
  config: GatewayConfig,
  options: WriteOptions,
  context: Context,
): Promise<Selection> {
  const running = await findRunning(config, context);
  if (running !== null) return await writerAt(running, context).select(requestOf(options));
  throw new Misconfigured(
    `select "${options.pointId}": only a running gateway holds a selection; start it`,
  );
}

const BY = "command line";
const requestOf = ({ pointId, text, selection }: WriteOptions) => {
  return { pointId, value: text, by: BY, selection };
};

/** Through the gateway that runs on this config if there is one: a line has one owner. */
async function withWriter<T>(
  config: GatewayConfig,
  { pointId }: WriteOptions,
  { context, use }: { context: Context; use: (writer: Pick<WriteView, "write">) => Promise<T> },
): Promise<T> {
  const [selection] = selectPoints(config, [pointId]);
  const [target, ...others] = selection?.points ?? [];
  if (!selection || !target || others.length > 0) {
    throw new Misconfigured(`write "${pointId}": name one point, as device/point`);
  }
  requireAccess(target);
  const running = await findRunning(config, context);
  if (running !== null) return await use(writerAt(running, context));
  // One that cannot be asked writes into the same journal, and has the line.
  const letGo = hold(config.buffer.path, pointId);
  try {
    return await writeBeside(config, { selection, target }, { context, use });
  } finally {
    letGo();
  }
}

function hold(directory: string, pointId: string): () => void {
  mkdirSync(directory, { recursive: true });
  try {
    return holdBuffer(directory);
  } catch (cause) {
    if (!(cause instanceof Misconfigured)) throw cause;
    const todo = "stop it first, or let it serve its page (web:)";
    const text = `write "${pointId}": a gateway runs on this config, unseen; ${todo}`;
    throw new Misconfigured(text, { cause });
  }
}

/** Over a line of its own: no gateway runs. */
async function writeBeside<T>(
  config: GatewayConfig,
  { selection, target }: { selection: Chosen; target: PointConfig },
  { context, use }: { context: Context; use: (writer: Pick<WriteView, "write">) => Promise<T> },
): Promise<T> {
  const { channel } = selection;
  // First what leaves nothing open where it fails.
  const journal = await WriteJournal.open(journalFolder(config), context.clock);
  const connection = await channel.driver.open(
    channel.settings,
    channelContext(selection, context),
  );
  try {
    const desk = new WriteDesk({
      pointOf: () => target,
      connectionOf: () => connection,
      journal: async () => journal,
      context,
    });
    return await use(desk);
  } finally {
    await connection.close();
    await journal.close();
  }
}

type Writer = Pick<WriteView, "write" | "select">;

function writerAt(running: RunningGateway, { signal }: Context): Writer {
  const post = <T>(path: string, { pointId, value, id, selection }: Request) =>
    running.post<T>(path, { point: pointId, value, id, selection }, signal);
  return {
    write: (request) => post<WriteReport>("/api/writes", request),
    select: (request) => post<Selection>("/api/selections", request),
  };
}

type Request = Parameters<WriteView["write"]>[0];
