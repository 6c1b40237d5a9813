import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refused, type Sample, silentLog, systemClock, Unreachable } from "@headgate/model";
import {
  BrowseNextRequest,
  BrowseRequest,
  BrowseResponse,
  type BrowseResult,
  CreateMonitoredItemsResponse,
  CreateSubscriptionResponse,
  coerceNodeId,
  DataType,
  ReadRequest,
  ReadResponse,
  ServiceFault,
  StatusCodes,
  Variant,
  WriteResponse,
} from "node-opcua-client";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createVirtualPlc, type VirtualPlc } from "../../testing/virtual-plc.ts";
import type { OpcuaConnection } from "./connection.ts";
import { open } from "./open.ts";
import { addressSchema, configSchema } from "./settings.ts";

const pointAt = (name: string) => ({
  id: name,
  address: addressSchema.parse({ address: `nsu=urn:dairy:parlour;s=${name}`, sampling: "50 ms" }),
  device: { history: false },
});
const NAMES = ["A", "B", "C", "D", "E"];
const POINTS = NAMES.map(pointAt);
const { signal } = new AbortController();

describe("a server that answers less, or something else, than it was asked", () => {
  let directory: string;
  let plc: VirtualPlc;
  let written: unknown[] = [];
  let answerInstead = (_request: object, response: object): object => response;
  let connection: OpcuaConnection | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "headgate-opcua-"));
    const variables = NAMES.map((name, index) => {
      const set = (value: unknown) => void written.push(value);
      return [name, { type: "Double", get: () => index, set }] as const;
    });
    plc = await createVirtualPlc({
      directory: join(directory, "plc"),
      variables: Object.fromEntries(variables),
      answerInstead: (request, response) => answerInstead(request, response),
    });
  }, 60_000);

  afterEach(async () => {
    answerInstead = (_request, response) => response;
    written = [];
    await connection?.close();
  });

  afterAll(async () => {
    await plc.stop();
    await rm(directory, { recursive: true });
  });

  it("costs the points of that request their values, and no others theirs", async () => {
    const { read } = await connect({ readChunk: 2 });
    answerInstead = (request, response) => {
      const isFirst =
        request instanceof ReadRequest && request.nodesToRead?.[0]?.nodeId.value === "A";
      if (isFirst && response instanceof ReadResponse) response.results?.shift();
      return response;
    };
    const samples = await read();
    expect(samples.map(({ value }) => value)).toEqual([null, null, 2, 3, 4]);
    expect(samples[0]).toMatchObject({
      quality: "bad",
      reason: "read: the server gives 1 answers to 2 questions",
    });
  });

  it("refuses a request as a whole: the session stays, until it refuses all for long", async () => {
    const { read } = await connect({});
    answerInstead = (request, response) =>
      request instanceof ReadRequest && request.nodesToRead?.length === NAMES.length
        ? new ServiceFault({ responseHeader: faultOf(response) })
        : response;
    for (let scan = 1; scan < 10; scan++) {
      const [sample] = await read();
      expect(sample).toMatchObject({ reason: "read: the server answers BadTooManyOperations" });
    }
    await expect(read()).rejects.toThrow(Unreachable);
  });

  it("is not browsed, and is read all the same", async () => {
    const { read, browse } = await connect({});
    answerInstead = (_request, response) => {
      if (response instanceof BrowseResponse) response.results = [];
      return response;
    };
    await expect(browse()).rejects.toThrow(Refused);
    expect((await read()).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
  });

  it("has room for few places at a time: it is browsed whole", async () => {
    const { browse } = await connect({});
    const all = (await browse()).sort();
    expect(all).toContain("nsu=urn:dairy:parlour;s=E");
    const roomMax = 3;
    answerInstead = (_request, response) => {
      if (!(response instanceof BrowseResponse)) return response;
      let count = 0;
      for (const result of (response.results ?? []) as BrowseResult[]) {
        if (!result.references?.length || ++count <= roomMax) continue;
        result.statusCode = StatusCodes.BadNoContinuationPoints;
        result.references = [];
      }
      return response;
    };
    expect((await browse()).sort()).toEqual(all);
  });

  it("is given back its places when a person has seen enough", async () => {
    const { connection } = await connect({});
    const released: number[] = [];
    answerInstead = (request, response) => {
      if (request instanceof BrowseNextRequest && request.releaseContinuationPoints) {
        released.push(request.continuationPoints?.length ?? 0);
      }
      if (request instanceof BrowseRequest && response instanceof BrowseResponse) {
        for (const result of (response.results ?? []) as BrowseResult[]) {
          result.continuationPoint = Buffer.from("more");
        }
      }
      return response;
    };
    for await (const page of connection.browse({}, signal)) {
      expect(page.length).toBeGreaterThan(0);
      break;
    }
    expect(released).toEqual([1]);
  });

  it("leaves open what became of a write", async () => {
    const { connection, read } = await connect({});
    answerInstead = (_request, response) => {
      if (response instanceof WriteResponse) response.results = [];
      return response;
    };
    const written = connection.write(POINTS[0] as (typeof POINTS)[0], 7, signal);
    await expect(written).rejects.toThrow(/what became of it is not known/);
    await expect(written).rejects.toThrow(Unreachable);
    expect((await read()).map(({ quality }) => quality)).not.toContain("bad");
  });

  it("has a type of its own whose number is that of a built-in one", async () => {
    const { connection } = await connect({});
    const own = new Variant({ dataType: DataType.NodeId, value: coerceNodeId("ns=2;i=11") });
    answerInstead = (request, response) => {
      const isType = request instanceof ReadRequest && request.nodesToRead?.[0]?.attributeId === 14;
      if (isType && response instanceof ReadResponse && response.results?.[0]) {
        response.results[0].value = own;
      }
      return response;
    };
    const point = POINTS[0] as (typeof POINTS)[0];
    await expect(connection.write(point, 7, signal)).rejects.toThrow(/the node holds Null/);
    expect(written).toEqual([]);
  });

  it("revises an interval to nothing, and says nothing of half of its items", async () => {
    const { connection } = await connect({});
    answerInstead = (_request, response) => {
      if (response instanceof CreateSubscriptionResponse) {
        response.revisedPublishingInterval = 0;
        response.revisedMaxKeepAliveCount = 0;
      }
      if (response instanceof CreateMonitoredItemsResponse) response.results?.pop();
      return response;
    };
    const seen: Sample[] = [];
    const ending = new AbortController();
    const take = (samples: Sample[]) => void seen.push(...samples);
    const watched = connection.subscribe(POINTS, take, ending.signal);
    const good = () => seen.filter(({ quality }) => quality === "good");
    await vi.waitFor(() => expect(good().length).toBeGreaterThanOrEqual(5), 10_000);
    // Nobody knows whose the one is that has no answer.
    expect(seen.slice(0, 5).map(({ quality }) => quality)).toEqual(Array(5).fill("bad"));
    ending.abort();
    await watched;
  });

  it("does not say how well it serves, and ends: its session is not left open", async () => {
    const open = new Set<Socket>();
    const relay = createServer((near) => {
      const far = createConnection(plc.port, "127.0.0.1");
      open.add(near.on("close", () => open.delete(near)).on("error", () => {}));
      near.pipe(far.on("error", () => near.destroy())).pipe(near);
    });
    await once(relay.listen(0, "127.0.0.1"), "listening");
    let asked = 0;
    answerInstead = (request, response) => {
      const isLevel =
        request instanceof ReadRequest && request.nodesToRead?.[0]?.nodeId.value === 2267;
      if (!isLevel || ++asked > 1) return response;
      const serviceResult = StatusCodes.BadSessionClosed;
      return new ServiceFault({ responseHeader: { ...faultOf(response), serviceResult } });
    };
    const endpoint = `opc.tcp://127.0.0.1:${(relay.address() as AddressInfo).port}`;
    const { read } = await connect({ endpoint, alternatives: [plc.endpoint] });
    expect((await read())[4]).toMatchObject({ value: 4 });
    await vi.waitFor(() => expect(open.size).toBe(0), 10_000);
    relay.close();
  });

  async function connect(settings: object) {
    const endpoint = { endpoint: plc.endpoint, timeout: "10 s", publishingInterval: "100 ms" };
    const opened = await open(configSchema.parse({ ...endpoint, ...settings }), {
      clock: systemClock,
      log: silentLog,
      signal,
      directory: join(directory, "gateway"),
    });
    connection = opened;
    const browse = async () => {
      const addresses: string[] = [];
      for await (const page of opened.browse({}, signal)) {
        addresses.push(...page.map(({ address }) => address));
      }
      return addresses;
    };
    return { connection: opened, read: () => opened.read(POINTS, signal), browse };
  }
});

function faultOf(response: object) {
  const { responseHeader } = response as ReadResponse;
  const { requestHandle } = responseHeader;
  return { requestHandle, serviceResult: StatusCodes.BadTooManyOperations };
}
