import { EventEmitter } from "node:events";
import { Unreachable } from "@headgate/model";
import type { MqttClient } from "mqtt";
import { expect, it } from "vitest";
import { openMqttLink } from "./mqtt-link.ts";

it("a line lost while the broker owes the answer to a subscription ends the wait", async () => {
  const client = Object.assign(new EventEmitter(), {
    subscribeAsync: () => new Promise(() => {}),
    end: () => {},
  });
  client.on("newListener", (name) => {
    if (name === "connect") setImmediate(() => client.emit("connect", { sessionPresent: false }));
  });
  const opening = openMqttLink({
    access: { url: "mqtt://broker" },
    clientId: "r",
    take: () => {},
    signal: new AbortController().signal,
    dial: async () => client as unknown as MqttClient,
  });
  const link = await opening;
  const lost = expect(link.lost).rejects.toThrow(Unreachable);
  const subscribing = link.subscribe(["headgate/1/#"]);
  client.emit("close");
  await expect(subscribing).rejects.toThrow(Unreachable);
  await lost;
});
