import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured, silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { runReceive } from "./receive.ts";
import { ReceiverHealth } from "./receiver-health.ts";
import { serveMetrics } from "./serve-metrics.ts";

const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const options = { url: "mqtt://127.0.0.1:1", storeAddress: "upstream.db" };

test.each([
  [{ root: "headgate/#" }, "topic root"],
  [{ receiverId: "a/b" }, "receiver id"],
  [{ storeAddress: join(tmpdir(), randomUUID(), "upstream.db") }, "there is no folder"],
])("%j ends at once, rather than being tried again for ever", async (wrong, text) => {
  const ended = runReceive({ ...options, ...wrong }, context);
  await expect(ended).rejects.toThrow(Misconfigured);
  await expect(ended).rejects.toThrow(text);
});

test("health is that of what no block can be stored without; what waits is told", async () => {
  const health = new ReceiverHealth();
  const server = await serveMetrics(
    { host: "127.0.0.1", port: 0 },
    { metrics: async () => "a 1\n", health: () => health.report() },
  );
  const asked = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [answer.status, await answer.text()];
  };
  const report = (ok: boolean, problems: string[], waiting: string[]) =>
    `${JSON.stringify({ ok, problems, waiting })}\n`;
  try {
    expect(await asked("/healthz")).toEqual([503, report(false, ["starting"], [])]);
    const onStore = health.watch("store", true);
    const onBroker = health.watch("receiver", false);
    const times = { sinceMs: 0, retryInMs: 0, retryAtMs: 0 };
    onStore({ kind: "parked", reason: "no rights", ...times });
    onBroker({ kind: "waiting", reason: "refused", ...times });
    const waiting = ["receiver: refused"];
    const problems = ["store: no rights"];
    expect(await asked("/healthz")).toEqual([503, report(false, problems, waiting)]);
    onStore({ kind: "up", sinceMs: 0 });
    expect(await asked("/healthz?a")).toEqual([200, report(true, [], waiting)]);
    health.forget("receiver");
    expect(await asked("/healthz")).toEqual([200, report(true, [], [])]);
    expect(await asked("/metrics")).toEqual([200, "a 1\n"]);
    expect((await asked("/other"))[0]).toBe(404);
  } finally {
    await server.close();
  }
});
