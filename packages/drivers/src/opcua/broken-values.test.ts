import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Sample, silentLog, systemClock } from "@headgate/model";
import {
  DataChangeNotification,
  type DataValue,
  PublishResponse,
  ReadRequest,
  ReadResponse,
} from "node-opcua-client";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createVirtualPlc, type VirtualPlc } from "../../testing/virtual-plc.ts";
import type { OpcuaConnection } from "./connection.ts";
import { open } from "./open.ts";
import { addressSchema, configSchema } from "./settings.ts";

const NAMES = ["A", "B", "C", "D", "E"];
const { signal } = new AbortController();

function pointAt(name: string, field?: string) {
  const written = { address: `nsu=urn:dairy:parlour;s=${name}`, sampling: "50 ms" };
  const address = addressSchema.parse({ ...written, ...(field !== undefined && { field }) });
  return { id: `${name}${field ?? ""}`, address, device: { history: false } };
}
const POINTS = NAMES.map((name) => pointAt(name));

/** A value that goes out as these bytes, whatever they are. */
function raw(hex: string) {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const encode = (stream: { writeUInt8(byte: number): void }) => {
    for (const byte of bytes) stream.writeUInt8(byte);
  };
  return { dataType: 11, encode } as unknown as DataValue["value"];
}

const shown = (sample?: Sample) => (sample?.quality === "bad" ? sample.reason : sample?.value);

const NO_FIT = "its bytes are not as its type says";
const BROKEN: readonly (readonly [what: string, hex: string, why: string])[] = [
  ["a type of later days", "1B 02000000 AABB", "a type that is not known (27)"],
  ["an array of them", "9B 02000000 01000000 AA 01000000 BB", "a type that is not known (27)"],
  [
    "a matrix without its dimensions' elements",
    "CB 01000000 000000000000F03F 02000000 02000000 02000000",
    "an array that is not as large as its dimensions say",
  ],
  [
    "a null matrix",
    "CB FFFFFFFF 02000000 00000000 00000000",
    "an array that is not as large as its dimensions say",
  ],
  ["a structure in XML", "16 01 00 7603 02 04000000 3C612F3E", "a structure in XML"],
  [
    "a structure without a type",
    "16 00 00 01 02000000 AABB",
    "a structure that does not say its type",
  ],
  ["a structure without content", "16 01 02 8913 01 FFFFFFFF", "a structure without content"],
  ["a standard structure cut short (Range)", "16 01 00 7603 01 03000000 AABBCC", NO_FIT],
  [
    "one of two standard structures cut short",
    "96 02000000 01 00 7603 01 10000000 00000000000000000000000000000000 01 00 7603 01 01000000 AA",
    NO_FIT,
  ],
];

/** Their own lengths lead nowhere: where the next value begins nobody knows. */
const ENDLESS: readonly (readonly [what: string, hex: string])[] = [
  ["a text longer than the answer", "0C FFFFFF7F 41"],
  ["a type that can never be", "3F 00"],
  ["a structure longer than the answer", "16 01 02 8913 01 FFFFFF7F AA"],
];

describe("a server with a value that cannot be decoded", () => {
  let directory: string;
  let plc: VirtualPlc;
  let broken = "";
  let connection: OpcuaConnection;
  let value = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "headgate-opcua-"));
    const variables = NAMES.map((name, index) => {
      return [name, { type: "Double", get: () => index + value }] as const;
    });
    plc = await createVirtualPlc({
      directory: join(directory, "plc"),
      variables: Object.fromEntries(variables),
      answerInstead: (request, response) => {
        if (broken !== "") spoilThird(request, response, broken);
        return response;
      },
    });
    const settings = { endpoint: plc.endpoint, timeout: "20 s", publishingInterval: "100 ms" };
    connection = await open(configSchema.parse(settings), {
      ...{ clock: systemClock, log: silentLog, signal },
      directory: join(directory, "gateway"),
    });
  }, 60_000);

  afterEach(() => {
    broken = "";
    value = 0;
  });

  afterAll(async () => {
    await connection.close();
    await plc.stop();
    await rm(directory, { recursive: true });
  });

  it.each(BROKEN)("%s: its point is bad, all others are read", async (_, hex, why) => {
    broken = hex;
    const samples = await connection.read(POINTS, signal);
    const reason = `cannot be decoded: ${why}`;
    expect(samples.map(shown)).toEqual([0, 1, reason, 3, 4]);
    const [part] = await connection.read([pointAt("C", "low")], signal);
    expect(part).toMatchObject({ quality: "bad" });
  });

  it("a structure that the server does not describe has no fields to be read", async () => {
    broken = "16 01 02 8913 01 02000000 AABB";
    const points = [pointAt("C", "low"), pointAt("C"), pointAt("D")];
    const samples = await connection.read(points, signal);
    const reason = "cannot be decoded: the server does not describe this structure";
    expect(samples.map(shown)).toEqual([reason, "unsupported type ExtensionObject", 3]);
  });

  it.each(ENDLESS)("%s: it is found, and all others are read", async (_, hex) => {
    broken = hex;
    const samples = await connection.read(POINTS, signal);
    const reason = "read: the server answers BadDecodingError";
    expect(samples.map(shown)).toEqual([0, 1, reason, 3, 4]);
  });

  it.each(ENDLESS)("%s: all others are read where they were pushed", async (_, hex) => {
    broken = hex;
    const last = new Map<string, Sample>();
    const ending = new AbortController();
    const take = (samples: Sample[]) => {
      for (const sample of samples) last.set(sample.pointId, sample);
    };
    const watched = connection.subscribe(POINTS, take, ending.signal);
    const good = () => NAMES.map((name) => last.get(name)?.value);
    await vi.waitFor(() => expect(good()).toEqual([0, 1, null, 3, 4]), 20_000);
    value = 10;
    await vi.waitFor(() => expect(good()).toEqual([10, 11, null, 13, 14]), 20_000);
    broken = "";
    value = 20;
    await vi.waitFor(() => expect(good()).toEqual([20, 21, 22, 23, 24]), 20_000);
    ending.abort();
    await watched;
  });

  it.each(BROKEN)("%s: all others are pushed", async (_, hex, why) => {
    broken = hex;
    const last = new Map<string, Sample>();
    const ending = new AbortController();
    const take = (samples: Sample[]) => {
      for (const sample of samples) last.set(sample.pointId, sample);
    };
    const watched = connection.subscribe(POINTS, take, ending.signal);
    const all = () => NAMES.map((name) => shown(last.get(name)));
    const reason = `cannot be decoded: ${why}`;
    await vi.waitFor(() => expect(all()).toEqual([0, 1, reason, 3, 4]), 20_000);
    value = 10;
    await vi.waitFor(() => expect(all()).toEqual([10, 11, reason, 13, 14]), 20_000);
    ending.abort();
    await watched;
  });

  /** In whatever answer it stands. */
  function spoilThird(request: object, response: object, hex: string): void {
    if (request instanceof ReadRequest && response instanceof ReadResponse) {
      for (const [index, { nodeId, attributeId }] of (request.nodesToRead ?? []).entries()) {
        const result = response.results?.[index];
        if (attributeId === 13 && nodeId.value === "C" && result) result.value = raw(hex);
      }
    }
    if (!(response instanceof PublishResponse)) return;
    for (const notification of response.notificationMessage.notificationData ?? []) {
      if (!(notification instanceof DataChangeNotification)) continue;
      for (const { clientHandle, value } of notification.monitoredItems ?? []) {
        if (clientHandle === 3) value.value = raw(hex);
      }
    }
  }
});
