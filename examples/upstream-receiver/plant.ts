import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore, readShards } from "@headgate/sync/receiver";
import pg from "pg";
import { EdgeGateway } from "./edge-gateway.ts";
import type { Guard } from "./guard.ts";
import { type NatsNode, STREAM, SUBJECT, startNats } from "./nats-cluster.ts";
import { postgresProgram, startPostgres } from "./postgres.ts";
import type { ReceiverOptions } from "./receiver.ts";
import { Service, until } from "./service.ts";

const RECEIVER_COUNT = 3;
const LEASE_MS = 5000;

/** How large it is to be. */
export interface PlantOptions {
  readonly gatewayCount: number;
  readonly shardCount: number;
  readonly pointCount: number;
  readonly say: (text: string) => void;
  /** Empty, and its own. */
  readonly folder: string;
  readonly guard: Guard;
  /** Ends the start: what was started is ended by the guard. */
  readonly signal: AbortSignal;
}

/** All of it: the broker's nodes, the database, the receivers, the gateways. */
export class Plant {
  readonly nodes: readonly NatsNode[];
  readonly postgres: Service;
  readonly storeUrl: string;
  readonly receivers: readonly Service[];
  readonly gateways: readonly EdgeGateway[];
  readonly sql: pg.Pool;

  constructor(
    made: Pick<Plant, "nodes" | "storeUrl" | "receivers" | "gateways"> & {
      readonly postgres: Service;
    },
  ) {
    this.nodes = made.nodes;
    this.postgres = made.postgres;
    this.storeUrl = made.storeUrl;
    this.receivers = made.receivers;
    this.gateways = made.gateways;
    const { schema, ...address } = addressOf(made.storeUrl);
    this.sql = new pg.Pool({ ...address, max: 2, options: `-c search_path=${schema}` });
    // A connection that breaks while nobody uses it; the next query tells.
    this.sql.on("error", () => {});
  }

  static async start(options: PlantOptions): Promise<Plant> {
    const { gatewayCount, shardCount, pointCount, say, folder, guard, signal } = options;
    requirePrograms();
    say(`logs and data are in ${folder}`);
    say("starting PostgreSQL and three nodes of NATS … (q or Ctrl-C ends it, also now)");
    const [{ service: postgres, url }, nodes] = await Promise.all([
      startPostgres({ folder, guard, signal }),
      startNats({ folder, guard, signal }),
    ]);
    // The tables, and the sink: what is committed is queued for it from the first block on.
    const store = await openStore(url);
    await store.outbox?.register("bus");
    await store.close();
    const shards = Array.from({ length: shardCount }, (_, at) => String(at).padStart(2, "0"));
    say(`starting ${RECEIVER_COUNT} receivers for ${shardCount} shards …`);
    const receivers = Array.from({ length: RECEIVER_COUNT }, (_, at) =>
      receiverOf(`receiver-${at + 1}`, { folder, store: url, shards, nodes, guard }),
    );
    for (const receiver of receivers) receiver.start();
    const isOwned = async () => {
      const owned = (await readShards(url)).shards.filter(({ owner }) => owner !== null);
      return owned.length === shardCount;
    };
    await until("an owner for each shard", isOwned, { signal });
    say(`starting ${gatewayCount} gateways …`);
    const mqttUrls = nodes.map(({ mqttUrl }) => mqttUrl);
    const gateways: EdgeGateway[] = [];
    for (let at = 1; at <= gatewayCount; at++) {
      signal.throwIfAborted();
      const shard = shards[at % shardCount] ?? "";
      const id = `g-${String(at).padStart(2, "0")}`;
      gateways.push(await EdgeGateway.open({ id, shard, folder, mqttUrls, pointCount }));
    }
    signal.throwIfAborted();
    return new Plant({ nodes, postgres, storeUrl: url, receivers, gateways });
  }

  /** In the order of the data, so that nothing is on its way when its next station ends. */
  async end(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.end()));
    await Promise.all(this.receivers.map((receiver) => receiver.end()));
    await this.sql.end();
    await Promise.all(this.nodes.map(({ service }) => service.end()));
    await this.postgres.end();
  }
}

/** Says what to install, rather than failing in the middle. */
function requirePrograms(): void {
  const missing = [
    ...(isThere("nats-server") ? [] : ["nats-server"]),
    ...(isThere(postgresProgram("initdb")) ? [] : ["postgresql"]),
  ];
  if (missing.length === 0) return;
  const how = `on Debian: apt-get install ${missing.join(" ")}`;
  throw new Error(`this example needs ${missing.join(" and ")}; ${how}`);
}

function isThere(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}

function receiverOf(
  name: string,
  {
    folder,
    store,
    shards,
    nodes,
    guard,
  }: {
    readonly folder: string;
    readonly store: string;
    readonly shards: readonly string[];
    readonly nodes: readonly NatsNode[];
    readonly guard: Guard;
  },
): Service {
  const options: ReceiverOptions = {
    ...{ instance: name, store, shards, leaseMs: LEASE_MS },
    mqttUrls: nodes.map(({ mqttUrl }) => mqttUrl),
    natsServers: nodes.map(({ address }) => address),
    ...{ stream: STREAM, subject: SUBJECT },
  };
  const script = fileURLToPath(new URL("./receiver.ts", import.meta.url));
  const args = [...process.execArgv, script, JSON.stringify(options)];
  const logPath = join(folder, `${name}.log`);
  return new Service({ name, command: process.execPath, args, logPath, guard });
}

function addressOf(url: string) {
  const { username: user, hostname: host, port, pathname, searchParams } = new URL(url);
  const schema = searchParams.get("schema") ?? "public";
  return { user, host, port: Number(port), database: pathname.slice(1), schema };
}
