import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../integration/peers/free-port.ts";
import type { Broker } from "./broker.ts";
import { ServedBroker } from "./served-broker.ts";

const UP_MS_MAX = 20_000;

/** nats-server with its MQTT side, sessions and messages in JetStream files. */
export function startNats(): Promise<Broker> {
  return ServedBroker.start(async (port, folder) => {
    const path = join(folder, "nats.conf");
    const lines = [
      "server_name: headgate_test",
      `listen: 127.0.0.1:${await freePort()}`,
      `jetstream { store_dir: "${folder}/jetstream", max_file_store: 1GB }`,
      `mqtt { listen: "127.0.0.1:${port}", ack_wait: "5s", max_ack_pending: 1000 }`,
    ];
    await writeFile(path, `${lines.join("\n")}\n`);
    return { command: "nats-server", words: ["-c", path], upMsMax: UP_MS_MAX };
  });
}
