import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Context, silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSocketWire } from "./socket-wire.ts";
import type { Wire } from "./wire.ts";

const PATIENCE = { timeout: 20_000 };
const { signal } = new AbortController();
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };

describe.each([true, false])("what a socket hears (lent: %s)", (isLending) => {
  let server: Server;
  let far: Socket;
  let wire: Wire;
  let heard: string[];
  let pieces: Buffer[];

  beforeEach(async () => {
    server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const came = once(server, "connection");
    const options = { host: "127.0.0.1", port, connectTimeoutMs: 20_000, isLending };
    wire = await openSocketWire(options, context);
    [far] = (await came) as [Socket];
    heard = [];
    pieces = [];
  });

  afterEach(() => {
    wire.destroy();
    far.destroy();
    server.close();
  });

  function listen(): void {
    const hear = (bytes: Buffer) => {
      heard.push(bytes.toString());
      pieces.push(bytes);
    };
    wire.listen(hear, () => {});
  }

  /** Resolves once all of it has come. */
  async function say(text: string): Promise<void> {
    const before = heard.join("").length;
    far.write(text);
    await expect.poll(() => heard.join("").length, PATIENCE).toBe(before + text.length);
  }

  it("is given as it comes, however long each piece is", async () => {
    listen();
    const texts = ["abc", "defgh", "i", "jklmn", "opqrs", "x".repeat(10_000), "t"];
    for (const text of texts) await say(text);
    expect(heard.join("")).toBe(texts.join(""));
  });

  it("before anybody listens is given once, then", async () => {
    far.write("early");
    await expect.poll(() => far.writableLength, PATIENCE).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    listen();
    await expect.poll(() => heard.join(""), PATIENCE).toBe("early");
    await say("late");
    await say("later");
    expect(heard.join("")).toBe("earlylatelater");
  });

  it("has left once the system has taken it, and not before", async () => {
    listen();
    wire.write(Buffer.from("short"));
    expect(wire.hasLeft?.()).toBe(true);
    // More than any socket takes while nobody reads.
    far.pause();
    wire.write(Buffer.alloc(64 << 20));
    expect(wire.hasLeft?.()).toBe(false);
    far.resume();
    await expect.poll(() => wire.hasLeft?.(), PATIENCE).toBe(true);
  });

  it("stays as it was where it is not lent", async () => {
    listen();
    await say("abc");
    await say("def");
    expect(pieces.map(String)).toEqual(isLending ? ["def", "def"] : ["abc", "def"]);
  });
});
