import { gunzipSync } from "node:zlib";
import { Misconfigured, silentLog, systemClock } from "@headgate/model";
import { natsSink } from "@headgate/sync/receiver";
import { madeHandover, sinkContract } from "@headgate/sync/testing";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { Nats } from "./peers/nats.ts";

const STREAM = "PASTURES";
const PAYLOAD_BYTES_MAX = 64 * 1024;

/** A look at the stream, on a connection of its own. */
async function looking<T>(
  nats: Nats,
  body: (admin: JetStreamManager, connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: nats.address, reconnect: false });
  try {
    return await body(await jetstreamManager(connection), connection);
  } finally {
    await connection.close();
  }
}

const withStream = (nats: Nats, subjects = ["headgate.>"]) =>
  looking(nats, (admin) => admin.streams.add({ name: STREAM, subjects }));

/** Everything the stream keeps, in its order. */
function kept(nats: Nats) {
  return looking(nats, async (admin) => {
    const { state } = await admin.streams.info(STREAM);
    const messages = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await admin.streams.getMessage(STREAM, { seq });
      if (message === null) throw new Error(`message ${seq} is not there`);
      const { subject, header, data } = message;
      const isPacked = header.get("Content-Encoding") === "gzip";
      const text = Buffer.from(isPacked ? gunzipSync(data) : data).toString();
      messages.push({ subject, header, isPacked, json: JSON.parse(text) });
    }
    return messages;
  });
}

describe("NATS JetStream as a sink", () => {
  sinkContract(it, async () => {
    const nats = await Nats.start([`max_payload: ${PAYLOAD_BYTES_MAX}`]);
    await withStream(nats);
    const sink = natsSink({ name: "bus", servers: [nats.address], stream: STREAM });
    return {
      sink,
      arrived: async () => (await kept(nats)).map(({ json }) => json.key),
      breakDown: () => nats.kill(),
      mend: () => nats.restart(),
      poison: async (handover) => {
        const { entry } = handover;
        if (!("seq" in entry)) throw new Error("only a block can be made too large");
        const value = "x".repeat(PAYLOAD_BYTES_MAX);
        const samples = [{ pointId: "a/x", timestampMs: 1, quality: "good" as const, value }];
        return { ...handover, entry: { ...entry, samples, sampleCount: 1 } };
      },
      tearDown: () => nats.stop(),
    };
  });
});

let nats: Nats;
beforeEach(async () => {
  nats = await Nats.start();
});
afterEach(() => nats.stop());

const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const opened = (stream = STREAM, subject = "headgate") =>
  natsSink({ name: "bus", servers: [nats.address], stream, subject }).open(context);

test("a message says whose it is, and the stream knows it again", async () => {
  await withStream(nats);
  const session = await opened();
  await session.take([madeHandover(1)], signal);
  await session.take([madeHandover(1), madeHandover(2)], signal);
  await session.close();
  const messages = await kept(nats);
  expect(messages).toHaveLength(2);
  const [{ subject, header, isPacked, json } = {}] = messages;
  expect(subject).toBe("headgate.g-1=20=E4=B8=83=2Ex.main");
  const wanted = {
    "Nats-Expected-Stream": STREAM,
    "Headgate-Stream": "main",
    "Headgate-Epoch": "e1",
    "Headgate-Block": "1",
    "Headgate-Kind": "data",
    "Content-Type": "application/json",
  };
  for (const [name, value] of Object.entries(wanted)) expect(header?.get(name)).toBe(value);
  expect(isPacked).toBe(false);
  expect(json).toMatchObject({ key: "g-1 七.x/main/e1/1", b: 1, n: 3 });
});

test("a large block is compressed", async () => {
  await withStream(nats);
  const samples = Array.from({ length: 50_000 }, (_, at) => {
    return { pointId: `a/p${at % 100}`, timestampMs: at, quality: "good" as const, value: at / 8 };
  });
  const session = await opened();
  await session.take([madeHandover(1, samples)], signal);
  await session.close();
  const [message] = await kept(nats);
  expect(message?.isPacked).toBe(true);
  expect(message?.json.s).toHaveLength(100);
});

test("a person is told what is missing upstream", async () => {
  await expect(opened()).rejects.toThrow(Misconfigured);
  await expect(opened()).rejects.toThrow(/no stream "PASTURES"; create it: nats stream add/);
  await withStream(nats, ["orders.>", "headgate.g-1.>"]);
  await expect(opened()).rejects.toThrow(
    /keeps orders.>, headgate.g-1.>; let it keep "headgate.>"/,
  );
  await opened(STREAM, "orders.dairy").then((session) => session.close());
});
