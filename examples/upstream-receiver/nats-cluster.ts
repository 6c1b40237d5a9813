import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { freePorts } from "./free-port.ts";
import type { ServerOptions } from "./postgres.ts";
import { Service, until } from "./service.ts";

const NODE_COUNT = 3;
/** What receivers hand on is kept here: three copies, and no more than this. */
export const STREAM = "PASTURES";
/** Not `headgate`: MQTT's topics are subjects, too, and `headgate/1/…` is `headgate.1.…` there. */
export const SUBJECT = "pastures";
const STREAM_BYTES_MAX = 512 * 1024 * 1024;

/** One node: a JetStream server whose MQTT side gateways and receivers speak to. */
export interface NatsNode {
  readonly service: Service;
  readonly mqttUrl: string;
  readonly address: string;
}

/** Starts three nodes that keep three copies of everything, also of MQTT's messages. */
export async function startNats({ folder, guard, signal }: ServerOptions): Promise<NatsNode[]> {
  const ports = await freePorts(3 * NODE_COUNT);
  const clusterPorts = ports.slice(0, NODE_COUNT);
  const routes = clusterPorts.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  const nodes = clusterPorts.map((clusterPort, at): NatsNode => {
    const name = `nats-${at + 1}`;
    const [port, mqttPort] = [ports[NODE_COUNT + at], ports[2 * NODE_COUNT + at]];
    const config = [
      `server_name: ${name}`,
      `listen: "127.0.0.1:${port}"`,
      `jetstream { store_dir: "${join(folder, name)}" }`,
      `mqtt { listen: "127.0.0.1:${mqttPort}", stream_replicas: 3, consumer_replicas: 3 }`,
      `cluster { name: pastures, listen: "127.0.0.1:${clusterPort}", routes: [${routes}] }`,
    ];
    const path = join(folder, `${name}.conf`);
    writeFileSync(path, `${config.join("\n")}\n`);
    const args = ["-c", path, "-l", join(folder, `${name}.log`)];
    const logPath = join(folder, `${name}.out`);
    const service = new Service({ name, command: "nats-server", args, logPath, guard });
    return { service, mqttUrl: `mqtt://127.0.0.1:${mqttPort}`, address: `127.0.0.1:${port}` };
  });
  for (const { service } of nodes) service.start();
  const areReady = () => nodes.every((node) => isReady(node, folder));
  await until("three nodes that are ready", areReady, { signal });
  await createStream(nodes, signal);
  return nodes;
}

function isReady({ service }: NatsNode, folder: string): boolean {
  if (!service.isUp) throw new Error(`${service.name} ended; see ${folder}/${service.name}.log`);
  return readLog(join(folder, `${service.name}.log`)).includes("Server is ready");
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not begun.
    return "";
  }
}

/** The cluster elects a leader first: tried until it takes it. */
async function createStream(nodes: readonly NatsNode[], signal: AbortSignal): Promise<void> {
  await until(
    "a stream of three copies",
    async () => {
      const servers = nodes.map(({ address }) => address);
      const connection = await connect({ servers, reconnect: false });
      try {
        const admin = await jetstreamManager(connection);
        await admin.streams.add({
          name: STREAM,
          subjects: [`${SUBJECT}.>`],
          num_replicas: 3,
          max_bytes: STREAM_BYTES_MAX,
        });
        return true;
      } catch {
        // No leader yet, or not enough peers.
        return false;
      } finally {
        await connection.close();
      }
    },
    { signal },
  );
}
