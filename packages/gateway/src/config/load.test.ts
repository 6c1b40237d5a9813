import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection, Driver } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Catalogue, GatewayConfig, PointConfig } from "./config.ts";
import { loadConfig } from "./load.ts";

const open = (): Promise<Connection> => Promise.reject(new Error("no test opens it"));

const CADENCE: Record<string, "pushed" | number> = { "event:motion": "pushed", picture: 300_000 };
const wait = z.union([z.number(), z.string().regex(/s$/)]).describe("a duration such as 5 s");
const lineDriver: Driver = {
  type: "line",
  configSchema: z.strictObject({
    host: z.string(),
    port: z.int().min(1).max(65_535).default(1),
    timeout: z.number().positive().default(1_000),
    bytesMax: z.number().default(0),
    login: z.union([z.literal("none"), z.strictObject({ user: z.string() })]).optional(),
    wait: wait.optional(),
  }),
  deviceSchema: z.strictObject({ unitId: z.int().default(1), order: z.string().optional() }),
  addressSchema: z
    .strictObject({
      address: z.string(),
      sampling: z.number().default(500),
      type: z.enum(["int16", "float32"]).default("int16"),
    })
    .transform((settings, check) => {
      if (settings.address === "nowhere") {
        check.addIssue({ code: "custom", path: ["address"], message: "no such place; move it" });
      }
      return { ...settings, isParsed: true };
    }),
  cadence: (address) => CADENCE[(address as { address: string }).address] ?? null,
  open,
};
const plainDriver: Driver = {
  type: "plain",
  configSchema: { parse: (input) => input },
  addressSchema: {
    parse: (input) => {
      if (Object.keys(input as object).length > 1) throw new Error("one key only");
      return input;
    },
  },
  open,
};

let loadedTypes: string[] = [];
const catalogue: Catalogue = {
  drivers: {
    line: async () => {
      loadedTypes.push("line");
      return lineDriver;
    },
    plain: async () => {
      loadedTypes.push("plain");
      return plainDriver;
    },
    broken: () => Promise.reject(new Error("cannot find package")),
  },
  uplinks: {},
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-config-"));
  loadedTypes = [];
});
afterEach(() => rm(folder, { recursive: true }));

async function load(text: string, variables: Record<string, string> = {}) {
  const path = join(folder, "gateway.yaml");
  await writeFile(path, text);
  return loadConfig(path, catalogue, { variables, lang: "en" });
}

async function good(text: string, variables: Record<string, string> = {}): Promise<GatewayConfig> {
  const { config, problems } = await load(text, variables);
  if (!config) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join());
  return config;
}

async function errors(text: string, variables: Record<string, string> = {}) {
  const { config, problems } = await load(text, variables);
  expect(config).toBeNull();
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ path, message, hint }) => `${path}: ${message} | ${hint}`);
}

const head = "gateway: { id: g }\nchannels: { a: { driver: line, host: h } }\n";

async function point(settings: string, device = ""): Promise<PointConfig> {
  const points = `points: { other: { address: o }, p: ${settings} }`;
  const config = await good(`${head}devices: { d: { channel: a, ${device} ${points} } }`);
  const found = config.channels[0]?.devices[0]?.points[1];
  if (!found) throw new Error("no such point");
  return found;
}

describe("a good configuration", () => {
  it("has every default filled in", async () => {
    const config = await good("gateway: { id: g }");
    expect(config).toEqual({
      gateway: { id: "g", name: "g", timezone: "UTC" },
      buffer: {
        path: join(folder, "data"),
        ...{ capacityBytesMax: 2 ** 31, eventsCapacityBytesMax: 2 ** 26 },
        historyCapacityBytesMax: 2 ** 28,
        ...{ mediaCapacityBytesMax: 2 ** 29, keepAckedBytesMax: 2 ** 28, keepRawMs: 900_000 },
        ...{ keepUnsentMsMax: Number.POSITIVE_INFINITY, commitIntervalMs: 500 },
      },
      channels: [],
      uplinks: [],
      history: { capacityBytesMax: 512 * 1024 ** 2 },
      web: { host: "127.0.0.1", port: 8420 },
    });
  });

  it("may be an object", async () => {
    const given = { gateway: { id: "g" }, buffer: { commitInterval: "200 ms" }, web: false };
    const { config } = await loadConfig(given, catalogue, { directory: folder });
    expect(config).toMatchObject({ web: null, buffer: { commitIntervalMs: 200 } });
  });

  it("loads only the drivers it names", async () => {
    await good(`${head}devices: { d: { channel: a, points: { p: { address: x } } } }`);
    expect(loadedTypes).toEqual(["line"]);
  });

  it("takes durations and sizes with units where a driver wants a number", async () => {
    const line = "{ driver: line, host: h, timeout: 2 s, bytesMax: 2 KiB }";
    const config = await good(`gateway: { id: g }\nchannels: { a: ${line} }`);
    expect(config.channels[0]?.settings).toMatchObject({ timeout: 2_000, bytesMax: 2_048 });
  });

  it("gives points of one device one device object", async () => {
    const points = "points: { p: { address: x }, q: { address: y } }";
    const config = await good(`${head}devices: { d: { channel: a, unitId: 7, ${points} } }`);
    const [p, q] = config.channels[0]?.devices[0]?.points ?? [];
    expect(p?.point.device).toEqual({ unitId: 7 });
    expect(p?.point.device).toBe(q?.point.device);
  });

  it("may be JSON, with places and twin keys as in YAML", async () => {
    const json = JSON.stringify({ gateway: { id: "g" }, web: { prot: 1 } }, null, 2);
    const { problems } = await load(json);
    expect(problems.find(({ code }) => code === "unknown-key")).toMatchObject({
      line: 6,
      column: 5,
      path: "web.prot",
    });
    expect(await errors('{ "gateway": { "id": "g" }, "gateway": { "id": "h" } }')).toHaveLength(1);
  });

  it("understands anchors and merge keys", async () => {
    const points = "points: { p: &p { address: x, unit: L }, q: { <<: *p, address: y } }";
    const config = await good(`${head}devices: { d: { channel: a, ${points} } }`);
    expect(config.channels[0]?.devices[0]?.points[1]).toMatchObject({ unit: "L" });
  });
});

describe("how a point is acquired", () => {
  it.each([
    ["{ address: x }", "", { kind: "scan", intervalMs: 1_000, onEvent: [] }],
    ["{ address: x }", "scan: 5 s,", { kind: "scan", intervalMs: 5_000, onEvent: [] }],
    ["{ address: x, scan: 2 s }", "scan: 5 s,", { kind: "scan", intervalMs: 2_000, onEvent: [] }],
    ["{ address: x, every: 1 min }", "", { kind: "scan", intervalMs: 60_000, onEvent: [] }],
    ["{ address: x, subscribe: 250 ms }", "", { kind: "subscribe", intervalMs: 250 }],
    ["{ address: x, onEvent: [other] }", "scan: 5 s,", { kind: "event", onEvent: ["d/other"] }],
    [
      "{ address: x, every: 1 h, onEvent: [d/other] }",
      "",
      { kind: "scan", intervalMs: 3_600_000, onEvent: ["d/other"] },
    ],
    ["{ address: picture }", "scan: 5 s,", { kind: "scan", intervalMs: 300_000, onEvent: [] }],
    ["{ address: 'event:motion' }", "scan: 5 s,", { kind: "subscribe", intervalMs: 0 }],
  ])("%s in a device with %s", async (settings, device, acquisition) => {
    expect((await point(settings, device)).acquisition).toEqual(acquisition);
  });

  it("tells a driver that samples by itself the interval of `subscribe`", async () => {
    const { address } = (await point("{ address: x, subscribe: 250 ms }")).point;
    expect(address).toMatchObject({ sampling: 250 });
    const own = await point("{ address: x, subscribe: 250 ms, sampling: 50 }");
    expect(own.point.address).toMatchObject({ sampling: 50 });
  });

  it("carries its condition, unit, name and access", async () => {
    const condition = "scale: 0.1, offset: -4, min: 0, max: 9, deadband: 0, heartbeat: 1 min";
    const rest = "unit: L, name: 奶, access: readWrite";
    expect(await point(`{ address: x, ${condition}, ${rest} }`)).toMatchObject({
      deviceId: "d",
      condition: { scale: 0.1, offset: -4, min: 0, max: 9, deadband: 0, heartbeatMs: 60_000 },
      unit: "L",
      name: "奶",
      access: "readWrite",
    });
    const plain = await point("{ address: x }");
    expect(plain.name).toBe("p");
    expect(plain.condition.heartbeatMs).toBe(300_000);
  });
});

describe("references", () => {
  const to = (body: string) => `"\${${body}}"`;
  const line = `{ driver: line, host: ${to("secret:site.a")} }`;
  const text = `gateway: { id: g }\nchannels: { a: ${line} }`;

  it("are found in variables, then in files below the buffer's folder", async () => {
    await mkdir(join(folder, "data/secrets"), { recursive: true });
    await writeFile(join(folder, "data/secrets/site.a"), "from-file\n");
    expect((await good(text)).channels[0]?.settings).toMatchObject({ host: "from-file" });
    const variables = { HEADGATE_SECRET_SITE_A: "from-variable" };
    expect((await good(text, variables)).channels[0]?.settings).toMatchObject({
      host: "from-variable",
    });
  });

  it("may stand inside a text, and digits may be a number", async () => {
    const host = to("env:H").replaceAll('"', "");
    const line = `{ driver: line, host: 'x-${host}-y', port: ${to("env:P")} }`;
    const config = await good(`gateway: { id: g }\nchannels: { a: ${line} }`, { H: "h", P: "502" });
    expect(config.channels[0]?.settings).toMatchObject({ host: "x-h-y", port: 502 });
  });

  it("never show the value of a secret", async () => {
    const line = `{ driver: line, host: h, port: ${to("env:P")} }`;
    const told = await errors(`gateway: { id: g }\nchannels: { a: ${line} }`, { P: "hunter2" });
    expect(told).toHaveLength(1);
    expect(told.join()).not.toContain("hunter2");
    expect(told.join()).toContain('found "***"');
  });

  it("that are missing are the only thing said about their place", async () => {
    const line = `{ driver: line, host: h, port: ${to("env:P")} }`;
    const told = await errors(`gateway: { id: g }\nchannels: { a: ${line} }`);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("channels.a.port: environment variable P is not set | set it");
  });
});

describe("mistakes", () => {
  const channel = (settings: string) => `gateway: { id: g }\nchannels: { a: { ${settings} } }`;
  const one = (settings: string) =>
    `${head}devices: { d: { channel: a, points: { p: ${settings} } } }`;

  it("behind a misspelt key are found too", async () => {
    expect(await errors(one("{ adress: nowhere, typ: int17 }"))).toEqual([
      'devices.d.points.p.adress: unknown key "adress" | did you mean `address`?',
      'devices.d.points.p.typ: unknown key "typ" | did you mean `type`?',
      'devices.d.points.p.typ: "int17" is not one of int16, float32 | did you mean `int16`?',
    ]);
    expect(await errors(one("{ adress: nowhere }"))).toContain(
      "devices.d.points.p.adress: no such place | move it",
    );
  });

  it("on a misspelt channel are found too", async () => {
    const text = `${head}devices: { d: { channel: aa, points: { p: { adress: x } } } }`;
    expect(await errors(text)).toHaveLength(2);
  });

  it("in a union are told by the branch that fits best", async () => {
    expect(await errors(channel("driver: line, host: h, login: { usr: me }"))).toEqual([
      'channels.a.login.usr: unknown key "usr" | did you mean `user`?',
    ]);
    const [told] = await errors(channel("driver: line, host: h, wait: 5 m"));
    expect(told).toContain('channels.a.wait: "5 m" does not look right');
    expect(told).toContain("a duration such as 5 s");
    expect(await errors(channel("driver: line, host: h, login: 5"))).toEqual([
      'channels.a.login: "5" is not one of none, a map of keys | use one of none, a map of keys',
    ]);
  });

  it("of a driver without zod are told in its words", async () => {
    const devices = "devices: { d: { channel: a, unitId: 1, points: { p: { x: 1, y: 2 } } } }";
    const told = await errors(`${channel("driver: plain, any: 1")}\n${devices}`);
    expect(told.join("\n")).toContain("devices.d.points.p: one key only");
    expect(told.join("\n")).toContain('devices.d.unitId: unknown key "unitId"');
  });

  it("in loading a driver are told", async () => {
    expect((await errors(channel("driver: broken"))).join()).toContain("cannot find package");
  });

  it("are none where several devices share a unit on purpose", async () => {
    const device = (name: string) =>
      `${name}: { channel: a, unitId: 3, sharedUnit: true, points: { p: { address: x } } }`;
    await good(`${head}devices: { ${device("d")}, ${device("e")} }`);
  });

  it("in a file that is not there are told", async () => {
    const { problems } = await loadConfig(join(folder, "no.yaml"), catalogue, { lang: "en" });
    expect(problems[0]).toMatchObject({ code: "file-unreadable", line: 0 });
  });
});
