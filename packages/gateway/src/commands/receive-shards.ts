import { hostname } from "node:os";
import { type Context, Misconfigured } from "@headgate/model";
import {
  expectNames,
  isPostgresUrl,
  keepShards,
  moveShard,
  type ReceiveOptions,
  readShards,
  type ShardStanding,
  type Sink,
  storeName,
} from "@headgate/sync/receiver";
import { InvalidArgumentError } from "commander";
import { supervise } from "../supervise.ts";
import { ExitCode } from "./exit-code.ts";
import { receiveAndHandOn } from "./receive-and-hand-on.ts";
import { ReceiverHealth } from "./receiver-health.ts";

const SHARDS_MAX = 4096;

/** What `headgate receive --shards` is told. */
export interface RunShardsOptions extends Omit<ReceiveOptions, "store" | "shard"> {
  readonly storeAddress: string;
  readonly shards: readonly string[];
  readonly instance?: string;
  readonly leaseMs?: number;
  /** Where committed blocks are handed on to. */
  readonly sinks?: readonly Sink[];
  readonly health?: ReceiverHealth;
}

/** `headgate receive --shards`: receives for a fair part of the shards until the signal aborts. */
export async function runShards(options: RunShardsOptions, context: Context): Promise<number> {
  const { storeAddress, shards, instance = `${hostname()}-${process.pid}`, leaseMs } = options;
  const { sinks = [], health = new ReceiverHealth() } = options;
  if (!isPostgresUrl(storeAddress)) {
    throw new Misconfigured(
      "--shards: shards are leased in PostgreSQL; write --store postgres://…",
    );
  }
  for (const shard of shards) expectNames({ ...options, shard });
  const name = `receiver "${instance}"`;
  context.log.info(`${name} starts`, { store: storeName(storeAddress), shards: shards.length });
  const attempt = (onUp: () => void) =>
    keepShards(
      {
        store: storeAddress,
        instance,
        shards,
        ...(leaseMs === undefined ? {} : { leaseMs }),
        ...(options.meter ? { onOwned: (names) => options.meter?.owns(names) } : {}),
        run: ({ name: shard, openStore }, signal) => {
          const once = async (onShardUp: () => void) => {
            const store = await openStore();
            onShardUp();
            const own = { ...options, name: `receiver of shard "${shard}"`, sinks, shard, health };
            await receiveAndHandOn(store, own, { ...context, signal });
          };
          const part = { name: `shard "${shard}"`, attempt: once, onState: () => {} };
          return supervise(part, { ...context, signal });
        },
      },
      context,
      onUp,
    );
  await supervise({ name, attempt, onState: health.watch(name, true) }, context);
  context.log.info(`${name} stopped`);
  return ExitCode.ok;
}

/** `headgate receive shards`: who owns what. Exit code 1 if a shard has no owner. */
export async function reportShards(
  store: string,
  { isJson }: { readonly isJson: boolean },
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { shards, members } = await readShards(store);
  const isOwned = shards.every(({ owner }) => owner !== null);
  const table = [["SHARD", "OWNER", "TOKEN", "EXPIRES IN", "WANTED"], ...shards.map(rowOf)];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const text = [...lines, `receivers alive: ${members.join(", ") || "none"}`].join("\n");
  return {
    text: isJson ? `${JSON.stringify({ shards, members }, null, 2)}\n` : `${text}\n`,
    exitCode: isOwned ? ExitCode.ok : ExitCode.no,
  };
}

/** `headgate receive move`: whose a shard is to be. */
export async function moveTo(
  store: string,
  { shard, to }: { readonly shard: string; readonly to: string },
): Promise<void> {
  await moveShard(store, shard, to === "any" ? null : to);
}

/** "64" is 00 to 63; else names with commas between. */
export function shardNames(text: string): string[] {
  if (!/^\d+$/.test(text)) {
    const names = text.split(",").map((name) => name.trim());
    if (names.every((name) => name !== "")) return names;
    throw new InvalidArgumentError('write a count, such as 64, or names: "north,south"');
  }
  const count = Number(text);
  if (count < 1 || count > SHARDS_MAX) throw new InvalidArgumentError(`1 to ${SHARDS_MAX}`);
  const width = String(count - 1).length;
  return Array.from({ length: count }, (_, at) => String(at).padStart(width, "0"));
}

function rowOf({ name, owner, token, expiresInMs, wanted }: ShardStanding): string[] {
  const left = expiresInMs === null ? "-" : `${(expiresInMs / 1000).toFixed(1)} s`;
  return [name, owner ?? "-", String(token), left, wanted ?? "-"];
}
