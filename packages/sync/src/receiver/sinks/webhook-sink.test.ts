import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { Misconfigured, Refused, silentLog, systemClock, Unreachable } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { madeGapHandover, madeHandover, sinkContract } from "../../../testing/sink-contract.ts";
import { pauseMsOf, type WebhookOptions, webhookSink } from "./webhook-sink.ts";

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A far side that keeps what it answers with 200. */
class Receiver {
  readonly kept: Request[] = [];
  /** What it answers; 0 is no answer at all. */
  answer: (request: Request) => { status: number; headers?: Record<string, string> } = () => ({
    status: 200,
  });
  #server: Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/in?key=hidden`;
  }

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
      const whole = { headers: request.headers, body };
      const { status, headers = {} } = this.answer(whole);
      if (status === 200) this.kept.push(whole);
      if (status > 0) response.writeHead(status, headers).end(status === 200 ? "" : "no, thanks");
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    this.#port = typeof address === "object" ? (address?.port ?? 0) : 0;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

const linesOf = ({ body }: Request) =>
  body
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe.each(["ndjson", "json"] as const)("a webhook that takes %s", (format) => {
  sinkContract(it, async () => {
    const receiver = new Receiver();
    await receiver.start();
    receiver.answer = ({ body }) => ({ status: body.includes("poison") ? 422 : 200 });
    const sink = webhookSink({ name: "hook", url: receiver.url, format });
    return {
      sink: format === "json" ? { ...sink, open: oneByOne(sink.open) } : sink,
      arrived: async () => receiver.kept.flatMap(linesOf).map(({ key }) => key),
      breakDown: () => receiver.stop(),
      mend: () => receiver.start(),
      poison: async (handover) => ({ ...handover, gatewayId: "poison" }),
      tearDown: () => receiver.stop(),
    };
  });
});

/** Its limits say one at a time; the suite hands on several. */
function oneByOne(open: ReturnType<typeof webhookSink>["open"]): typeof open {
  return async (context) => {
    const session = await open(context);
    return {
      close: () => session.close(),
      take: async (handovers, signal) => {
        for (const one of handovers) await session.take([one], signal);
      },
    };
  };
}

let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.start();
});
afterEach(() => receiver.stop());

async function post(options: Partial<WebhookOptions> = {}, count = 2): Promise<Request> {
  const sink = webhookSink({ name: "hook", url: receiver.url, ...options });
  const { signal } = new AbortController();
  const session = await sink.open({ clock: systemClock, log: silentLog, signal, directory: "" });
  const handovers = [...Array(count - 1).keys()].map((at) => madeHandover(at + 1));
  await session.take([...handovers, madeGapHandover(7, 9)], signal);
  await session.close();
  return receiver.kept.at(-1) as Request;
}

test("a line tells all of an entry, and the request is signed", async () => {
  const { headers, body } = await post({ secret: "s3cret", headers: { "X-Site": "7" } });
  const [block, gap] = linesOf({ headers, body });
  expect(block).toMatchObject({
    ...{ v: 1, key: "g-1 七.x/main/e1/1", gw: "g-1 七.x", st: "main", ep: "e1" },
    ...{ k: "data", b: 1, n: 3, h: "0000000000000001" },
    s: [
      { p: "a/x", t: [0], v: [10] },
      { p: "a/y", t: [0], v: [11] },
      { p: "b/z", t: [0], v: [12] },
    ],
  });
  expect(gap).toMatchObject({ k: "gap", b: 7, b1: 9, n: 9, why: "capacity" });
  expect(headers).toMatchObject({ "content-type": "application/x-ndjson", "x-site": "7" });
  const [, at, mac] = /^t=(\d+),v1=(\w+)$/.exec(String(headers["headgate-signature"])) ?? [];
  expect(mac).toBe(createHmac("sha256", "s3cret").update(`${at}.${body}`).digest("hex"));
});

test("the same entries come under the same idempotency key", async () => {
  const [first, again, other] = [await post(), await post(), await post({}, 3)];
  expect(again.headers["idempotency-key"]).toBe(first.headers["idempotency-key"]);
  expect(other.headers["idempotency-key"]).not.toBe(first.headers["idempotency-key"]);
  const one = await post({ format: "json" }, 1);
  expect(one.headers["idempotency-key"]).toBe("g-1%20%E4%B8%83.x/main/e1/7-9/gap");
  expect(JSON.parse(one.body)).toMatchObject({ k: "gap" });
});

test.each([
  [400, Refused],
  [413, Refused],
  [422, Refused],
  [401, Misconfigured],
  [404, Misconfigured],
  [301, Misconfigured],
  [409, Unreachable],
  [429, Unreachable],
  [500, Unreachable],
  [503, Unreachable],
])("an answer of %i", async (status, fault) => {
  receiver.answer = () => ({ status, headers: { location: "/", "retry-after": "0" } });
  await expect(post()).rejects.toThrow(fault);
  await expect(post()).rejects.toThrow(`/in answers ${status}: no, thanks`);
  await expect(post()).rejects.not.toThrow("hidden");
});

test("no answer is an answer, too", async () => {
  receiver.answer = () => ({ status: 0 });
  await expect(post({ timeoutMs: 100 })).rejects.toThrow(Unreachable);
});

test("a pause that is asked for is handed to whoever tries again, however long", async () => {
  receiver.answer = () => ({ status: 429, headers: { "retry-after": "200" } });
  await expect(post()).rejects.toMatchObject({ retryAfterMs: 200_000 });
  expect(pauseMsOf("Thu, 01 Jan 1970 00:00:09 GMT", 2000)).toBe(7000);
  expect(pauseMsOf("86400", 0)).toBe(300_000);
  expect(pauseMsOf("soon", 0)).toBe(0);
});
