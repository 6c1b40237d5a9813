import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore, receive } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contextOf, madeBlock, pointListOfSize } from "./peers/made-blocks.ts";
import { MadeGateway } from "./peers/made-gateway.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { defaultAnswer, ScriptedBroker } from "./peers/scripted-broker.ts";

const list = pointListOfSize(2);
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-fleet-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function started(url: string) {
  const stopping = new AbortController();
  const store = openSqliteStore(join(folder, "upstream.db"));
  const ended = receive({ url, store }, contextOf(stopping.signal), () => {}).finally(() =>
    store.close(),
  );
  // The test awaits it at its end.
  ended.catch(() => undefined);
  return { stop: () => stopping.abort(), ended };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("no gateway waits for its ack because others are busy", async () => {
  const broker = await Mosquitto.start();
  const receiver = started(broker.url);
  const ids = Array.from({ length: 50 }, (_, at) => `g-${at}`);
  const fleet = await Promise.all(ids.map((id) => MadeGateway.connect(broker.url, id, list)));
  await Promise.all(fleet.map((gateway) => gateway.sendList()));
  let number = 0;
  const talking = setInterval(() => {
    const block = madeBlock(list, ++number);
    // A gateway that is closed meanwhile cannot send: the test is over then.
    for (const gateway of fleet) gateway.send([block]).catch(() => undefined);
  }, 200);
  try {
    const acked = () => fleet.filter(({ ack }) => ack !== null).length;
    await until("an ack for each of 50", () => acked() === fleet.length);
  } finally {
    clearInterval(talking);
    receiver.stop();
    await receiver.ended;
    for (const gateway of fleet) gateway.close();
    await broker.stop();
  }
});

test("one that is told to stop does not wait for a broker that answers no ack", async () => {
  const broker = await ScriptedBroker.start((packet) =>
    packet.cmd === "publish" ? [] : defaultAnswer(packet),
  );
  const store = openSqliteStore(join(folder, "upstream.db"));
  await store.commit([{ gatewayId: "g", entry: madeBlock(list, 1) }], 0);
  await store.close();
  const receiver = started(broker.url);
  await until("an ack", () => broker.received.some(({ cmd }) => cmd === "publish"));
  const startMs = Date.now();
  receiver.stop();
  await receiver.ended;
  expect(Date.now() - startMs).toBeLessThan(30_000);
  await broker.stop();
});
