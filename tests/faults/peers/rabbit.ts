import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../integration/peers/free-port.ts";
import type { Broker } from "./broker.ts";
import { ServedBroker } from "./served-broker.ts";

/** On a machine that is busy with other cells. */
const UP_MS_MAX = 240_000;

/** RabbitMQ with its MQTT plugin, in the foreground, with all its files in one folder. */
export function startRabbit(): Promise<Broker> {
  return ServedBroker.start(async (port, folder) => {
    const [amqp, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
    const plugins = join(folder, "enabled_plugins");
    const config = join(folder, "rabbitmq.conf");
    await mkdir(join(folder, "home"));
    await writeFile(plugins, "[rabbitmq_mqtt].\n");
    const lines = [
      `listeners.tcp.1 = 127.0.0.1:${amqp}`,
      `mqtt.listeners.tcp.1 = 127.0.0.1:${port}`,
      "mqtt.allow_anonymous = true",
      "mqtt.default_user = guest",
      "mqtt.default_pass = guest",
      "mqtt.prefetch = 100",
      "log.console = false",
    ];
    await writeFile(config, `${lines.join("\n")}\n`);
    const env = {
      HOME: join(folder, "home"),
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      RABBITMQ_NODENAME: `headgate${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
      RABBITMQ_LOG_BASE: join(folder, "log"),
      RABBITMQ_CONF_ENV_FILE: join(folder, "no-such-file"),
    };
    const command = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    // Its port mapper would stay as a daemon: one of our own is ended by its id.
    const mapper = spawn("epmd", ["-port", String(epmd), "-address", "127.0.0.1"], {
      stdio: "ignore",
    });
    const after = () => {
      mapper.kill("SIGKILL");
    };
    return { command, words: [], env, upMsMax: UP_MS_MAX, after };
  });
}
