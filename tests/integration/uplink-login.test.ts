import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured, Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { contextOf, portOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const MAIN = join(import.meta.dirname, "../../packages/gateway/src/main.ts");
let folder: string;
let broker: Mosquitto;
let tlsPort: number;
const stopping = new AbortController();
const file = (name: string) => join(folder, name);

function certificate(name: string, more: readonly string[]): void {
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"];
  const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
  execFileSync("openssl", [...make, `/CN=${name}`, ...out, ...more], { stdio: "ignore" });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-login-"));
  certificate("server", ["-addext", "subjectAltName=IP:127.0.0.1"]);
  certificate("stranger", []);
  certificate("gateway", []);
  execFileSync("mosquitto_passwd", ["-b", "-c", file("passwords"), "gate", "right"]);
  tlsPort = await freePort();
  const tls = [`listener ${tlsPort} 127.0.0.1`, `certfile ${file("server.crt")}`];
  const keys = [`keyfile ${file("server.key")}`, `cafile ${file("gateway.crt")}`];
  broker = await Mosquitto.start({
    passwordFile: file("passwords"),
    config: [...tls, ...keys, "require_certificate true"],
  });
});
afterAll(async () => {
  stopping.abort();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(settings: object): Promise<string> {
  const config = mqttUplink.configSchema.parse({
    url: broker.url,
    username: "gate",
    password: "right",
    connectTimeout: "2 s",
    ...settings,
  });
  const session = await mqttUplink.open(
    config,
    portOf(new ReadyMadeBuffer()),
    contextOf(stopping.signal),
  );
  await session.close();
  return "open";
}

const secure = () => ({
  url: `mqtts://127.0.0.1:${tlsPort}`,
  ca: file("server.crt"),
  cert: file("gateway.crt"),
  key: file("gateway.key"),
});

describe.each(["5", "3.1.1", "auto"])("logging in over mqtt %s", (protocol) => {
  it("opens with the right password", async () => {
    expect(await opened({ protocol })).toBe("open");
  });

  it("is Misconfigured with a wrong one", async () => {
    const opening = opened({ protocol, password: "wrong" });
    await expect(opening).rejects.toBeInstanceOf(Misconfigured);
  });
});

/** Beside a session that is open under the same settings. */
async function probed(settings: object): Promise<readonly string[]> {
  const login = { url: broker.url, username: "gate", password: "right", connectTimeout: "2 s" };
  const config = mqttUplink.configSchema.parse({ ...login, ...settings });
  const steps = await mqttUplink.test?.(config, { gatewayId: "gw" }, contextOf(stopping.signal));
  return steps?.map(({ step, outcome }) => `${step} ${outcome}`) ?? [];
}

describe("trying out", () => {
  it("logs in under another name and has a message taken", async () => {
    const named = { clientId: "one-name" };
    const config = { url: broker.url, username: "gate", password: "right", ...named };
    const session = await mqttUplink.open(
      mqttUplink.configSchema.parse(config),
      portOf(new ReadyMadeBuffer()),
      contextOf(stopping.signal),
    );
    const lost = new AbortController();
    const listening = (async () => {
      for await (const _ of session.notices(lost.signal));
      return "goes on";
    })();
    const well = ["port ok", "login ok", "subscribe ok", "publish ok"];
    expect((await probed(named)).slice(-4)).toEqual(well);
    lost.abort();
    expect(await listening).toBe("goes on");
    await session.close();
  });

  it("says what is wrong", async () => {
    expect((await probed({ password: "wrong" })).at(-1)).toBe("login failed");
    expect((await probed({ ...secure(), ca: undefined })).at(-1)).toBe("tls failed");
  });
});

describe("over tls", () => {
  it("opens with the server's authority and an own certificate", async () => {
    expect(await opened(secure())).toBe("open");
  });

  it("is Misconfigured when the server's certificate is not trusted", async () => {
    const opening = opened({ ...secure(), ca: file("stranger.crt") });
    await expect(opening).rejects.toBeInstanceOf(Misconfigured);
    await expect(opened({ ...secure(), ca: undefined })).rejects.toBeInstanceOf(Misconfigured);
  });

  it("is Misconfigured when a file is not readable", async () => {
    await expect(opened({ ...secure(), ca: file("absent") })).rejects.toThrow(/check the path/);
  });

  it("opens for a receiver with the same files", async () => {
    writeFileSync(file("password"), "right\n");
    const words = ["receive", "--url", secure().url, "--store", file("upstream.db")];
    const login = ["--username", "gate", "--password-file", file("password")];
    const keys = ["--ca", secure().ca, "--cert", secure().cert, "--key", secure().key];
    const command = ["--conditions=headgate-source", MAIN, ...words, ...login, ...keys];
    const receiver = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "pipe"] });
    try {
      let said = "";
      for await (const text of receiver.stderr) {
        said += text;
        if (said.includes('receiver \\"main\\" is')) break;
      }
      expect(said).toContain('receiver \\"main\\" is up');
    } finally {
      receiver.kill("SIGKILL");
    }
  });

  it("does not open without a certificate that the server wants", async () => {
    const opening = opened({ ...secure(), cert: undefined, key: undefined });
    await expect(opening).rejects.toBeInstanceOf(Unreachable);
  });
});
