import { createServer } from "node:net";
import { type Context, silentLog, systemClock } from "@headgate/model";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

// A technician tries a broker before anything relies on it, and is told where it ends.

let broker: Mosquitto;
beforeAll(async () => {
  broker = await Mosquitto.start();
});
afterAll(async () => await broker.stop());

const context: Context = {
  ...{ clock: systemClock, log: silentLog, directory: "" },
  signal: new AbortController().signal,
};
async function steps(url: string, settings: object = {}) {
  const config = mqttUplink.configSchema.parse({ url, connectTimeout: "5 s", ...settings });
  const told = (await mqttUplink.test?.(config, { gatewayId: "g-1" }, context)) ?? [];
  return told.map(({ step, outcome, detail }) => [step, outcome, detail]);
}

test("a broker that takes everything", async () => {
  expect(await steps(broker.url)).toEqual([
    ["name", "ok", "127.0.0.1"],
    ["port", "ok", `127.0.0.1:${broker.port}`],
    ["login", "ok", "MQTT 5"],
    ["subscribe", "ok", "headgate/1/g-1/ack/+"],
    ["publish", "ok", "headgate/1/g-1/probe"],
  ]);
  const json = await steps(broker.url, { format: "json" });
  expect(json.map(([step]) => step)).toEqual(["name", "port", "login", "publish"]);
});

test("nobody there, a name that is none, a port that is no broker's", async () => {
  expect((await steps(`mqtt://127.0.0.1:${await freePort()}`)).at(-1)).toEqual([
    ...["port", "failed"],
    expect.stringMatching(/ECONNREFUSED.*; check host and port, and that the server runs/),
  ]);
  expect(await steps("mqtt://no-such-host.invalid")).toEqual([
    ["name", "failed", expect.stringMatching(/check (the server's name|the network)/)],
  ]);
  const other = createServer((socket) => socket.end("220 mail\r\n").on("error", () => {}));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const told = await steps(`mqtt://127.0.0.1:${port}`);
  other.close();
  expect(told.at(-1)?.slice(0, 2)).toEqual(["login", "failed"]);
  expect((await steps(`mqtts://127.0.0.1:${broker.port}`)).at(-1)?.slice(0, 2)).toEqual([
    "tls",
    "failed",
  ]);
});
