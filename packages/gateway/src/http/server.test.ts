import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createSampleView } from "../../testing/sample-view.ts";
import { createTestServer } from "../../testing/test-server.ts";
import type { GatewayView } from "../status.ts";

interface Asked {
  readonly host?: string;
  readonly as?: string;
}
const ask = async (view: GatewayView, url: string, { host = "127.0.0.1", as }: Asked = {}) => {
  const web = await createTestServer(view, { host, anonymous: "viewer" });
  try {
    return await web.get(url, { host: as ?? host });
  } finally {
    await web.close();
  }
};
const STARTING: GatewayView = { status: () => null, points: () => [] };

test("status and points are what the gateway says", async () => {
  const view = createSampleView();
  const status = await ask(view, "/api/status");
  expect(status.statusCode).toBe(200);
  expect(status.json()).toEqual(view.status());
  expect(status.headers["cache-control"]).toBe("no-store");
  expect((await ask(view, "/api/points")).json()).toEqual(view.points());
});

test("before the start status and health answer 503 and say why, and metrics answer", async () => {
  const status = await ask(STARTING, "/api/status");
  expect(status.headers["content-type"]).toContain("application/problem+json");
  expect([status.statusCode, status.json()]).toEqual([
    503,
    {
      type: "urn:headgate:problem:starting",
      title: "The gateway is starting",
      status: 503,
      code: "starting",
      params: {},
    },
  ]);
  const health = await ask(STARTING, "/healthz");
  expect(health.statusCode).toBe(503);
  expect(health.json()).toEqual({ ok: false, problems: ["the gateway is starting"] });
  expect((await ask(STARTING, "/metrics")).statusCode).toBe(200);
});

test.each(["127.0.0.1", "localhost", "::1"])("on %s no foreign name is answered", async (host) => {
  for (const as of ["127.0.0.1:8420", "localhost:8420", "[::1]:8420", "LOCALHOST"]) {
    expect((await ask(createSampleView(), "/api/status", { host, as })).statusCode).toBe(200);
  }
  for (const as of ["evil.example", "127.0.0.1.evil.example:8420", "localhost.evil.example"]) {
    const { statusCode, body } = await ask(createSampleView(), "/api/status", { host, as });
    expect(statusCode).toBe(421);
    expect(body).not.toContain("milk-tank");
  }
});

test("on an address of the network every name is answered", async () => {
  const named = { host: "0.0.0.0", as: "gateway.dairy.example:8420" };
  expect((await ask(createSampleView(), "/api/status", named)).statusCode).toBe(200);
});

test("health is that of the buffer: a line that is down is no reason to restart", async () => {
  expect((await ask(createSampleView(), "/healthz")).json()).toEqual({ ok: true, problems: [] });
  const buffer = createSampleView().status()?.buffer;
  if (!buffer) throw new Error("the sample view has a buffer");
  const full = createSampleView({ buffer: { ...buffer, problems: ["disk full since 12:00"] } });
  expect((await ask(full, "/healthz")).statusCode).toBe(503);
});

test("the plain pages' policy lets only their own style in, and no script", async () => {
  const { body, headers } = await ask(createSampleView(), "/basic");
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  const policy = String(headers["content-security-policy"]);
  const [, text = ""] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
  const hash = createHash("sha256").update(text).digest("base64");
  expect(text.length).toBeGreaterThan(1000);
  expect(policy).toContain(`style-src 'sha256-${hash}'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("script-src");
  expect(body).not.toMatch(/<script|<img| style=| on\w+=|src=/);
});

// The library writes "Nan", which Prometheus reads: it does not mind the case.
const LINE = /^[a-z0-9_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?\d|nan|[+-]inf)/i;

test("metrics are in Prometheus' format: what only grows is a counter", async () => {
  const web = await createTestServer(createSampleView());
  const first = await web.get("/metrics");
  const { body } = await web.get("/metrics");
  await web.close();
  expect(first.headers["content-type"]).toContain("text/plain");
  for (const line of body.split("\n")) {
    if (line !== "" && !line.startsWith("#")) expect(line).toMatch(LINE);
  }
  const types = [...body.matchAll(/^# TYPE (headgate_\S+) (\S+)$/gm)];
  expect(types.length).toBeGreaterThan(10);
  for (const [, name = "", type] of types) {
    expect([name, type]).toEqual([name, name.endsWith("_total") ? "counter" : "gauge"]);
  }
  // Asked twice, counted once.
  expect(body).toContain('headgate_channel_samples_total{channel="plc-1"} 21000\n');
  expect(body).toContain('headgate_channel_up{channel="bus-1"} 0\n');
  expect(body).toContain('headgate_points{quality="bad"} 1\n');
  // Samples and pictures apart: each has its own limit.
  expect(body).toContain("headgate_buffer_used_bytes 12900000\n");
  expect(body).toContain("headgate_buffer_media_used_bytes 1300000\n");
});

test("the first answer of /metrics has no figure of what was not measured yet", async () => {
  const { body } = await ask(createSampleView(), "/metrics");
  expect(body).toContain("nodejs_heap_size_used_bytes");
  expect(body).not.toMatch(/ (nan|9223372036\.\d+)$/im);
});
