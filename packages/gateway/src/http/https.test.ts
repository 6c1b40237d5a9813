import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:http2";
import { request as secureRequest } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSampleView } from "../../testing/sample-view.ts";
import { findRunning } from "../commands/find-running.ts";
import type { GatewayConfig } from "../config/config.ts";
import { serveWeb } from "./server.ts";

const WEB = { host: "127.0.0.1", port: 0, tls: true } as const;
const stopping = new AbortController();
let folder: string;
let url: URL;
let serving: Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-https-"));
  const { signal } = stopping;
  const context = { clock: systemClock, log: silentLog, signal, directory: join(folder, "web") };
  url = await new Promise<URL>((resolve, reject) => {
    const onUp = (address: string) => resolve(new URL(address));
    serving = serveWeb(createSampleView(), WEB, { context, onUp });
    serving.catch(reject);
  });
});
afterAll(async () => {
  stopping.abort();
  await serving;
  await rm(folder, { recursive: true, force: true });
});

const authority = () =>
  new Promise<string>((resolve, reject) => {
    const where = { host: "127.0.0.1", port: url.port, path: "/api/certificate/authority.pem" };
    const asking = secureRequest(
      { ...where, agent: false, rejectUnauthorized: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => resolve(text));
      },
    );
    asking.on("error", reject).end();
  });

test("HTTP/2 and HTTP/1.1 are spoken to who trusts the box's authority", async () => {
  expect(url.protocol).toBe("https:");
  const ca = await authority();
  const session = connect(url.origin, { ca });
  const status = await new Promise<unknown>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":path": "/healthz" });
    stream.on("response", (headers) => resolve(headers[":status"]));
    stream.resume().end();
  });
  expect(status).toBe(200);
  await new Promise<void>((resolve) => session.close(resolve));
  const old = await new Promise<unknown>((resolve, reject) => {
    const where = { host: "127.0.0.1", port: url.port, path: "/healthz", ca, agent: false };
    const asking = secureRequest(where, (answer) => {
      answer.resume();
      resolve([answer.httpVersion, answer.statusCode]);
    });
    asking.on("error", reject).end();
  });
  expect(old).toEqual(["1.1", 200]);
});

test("plain HTTP is not answered there", async () => {
  const what = await new Promise<string>((resolve) => {
    const asking = request({ host: "127.0.0.1", port: url.port, agent: false }, (answer) => {
      answer.resume();
      resolve(`answered ${answer.statusCode}`);
    });
    asking.on("error", () => resolve("refused"));
    asking.end();
  });
  expect(what).toBe("refused");
});

test("the command line asks over TLS, with what is in the data folder", async () => {
  const config = {
    gateway: { id: "pasture-07" },
    buffer: { path: folder },
    web: { ...WEB, port: Number(url.port) },
  } as GatewayConfig;
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory: folder };
  const running = await findRunning(config, context);
  expect(running).not.toBeNull();
  const users = await running?.ask<unknown[]>("/api/users", {}, signal);
  expect(users).toEqual([]);
});

test("it stops while pages listen over HTTP/2 and 1.1, and while one shakes hands", async () => {
  const ca = await authority();
  const session = connect(url.origin, { ca });
  // It is cut off in the end: that is no fault here.
  session.on("error", () => {});
  const stream = session.request({ ":path": "/api/stream" });
  stream.on("error", () => {});
  await new Promise((resolve) => stream.once("data", resolve));
  const where = { host: "127.0.0.1", port: url.port, path: "/api/stream", ca, agent: false };
  const old = await new Promise<IncomingMessage>((resolve) => {
    secureRequest(where, resolve).end();
  });
  old.on("error", () => {});
  await new Promise((resolve) => old.once("data", resolve));
  const silent = connectPlain({ host: "127.0.0.1", port: Number(url.port) });
  silent.on("error", () => {});
  await new Promise((resolve) => silent.once("connect", resolve));
  stopping.abort();
  await serving;
  session.destroy();
  silent.destroy();
});
