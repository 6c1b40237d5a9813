import type { Sample } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, type Login } from "../../../testing/test-server.ts";

const view = {
  ...createSampleView(),
  sampleOf: (pointId: string): Sample | undefined =>
    pointId === "tank/t" ? { pointId, timestampMs: 5, quality: "good", value: 3.9 } : undefined,
};
let web: Awaited<ReturnType<typeof createTestServer>>;
let url: string;
let leaving: AbortController;
beforeEach(async () => {
  web = await createTestServer(view, { anonymous: "none" });
  url = await web.server.listen({ host: "127.0.0.1", port: 0 });
  leaving = new AbortController();
});
afterEach(async () => {
  leaving.abort();
  await web.close();
});

/** Opens a stream; gives its events one by one. */
async function listen(login: Login, query = "") {
  const answer = await fetch(`${url}/api/stream${query}`, {
    headers: login,
    signal: leaving.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (name: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = new RegExp(`event: ${name}\ndata: (.*)\n\n`).exec(text);
      if (found) {
        text = text.slice(found.index + found[0].length);
        return JSON.parse(found[1] ?? "");
      }
      const { value, done } = (await reader?.read()) ?? { value: "", done: true };
      if (done) throw new Error(`the stream ended before ${name}`);
      text += value;
    }
  };
  return { answer, next };
}

test("a page hears the status and its points, and asks for others on the same stream", async () => {
  const login = await web.loginAs("viewer");
  const { answer, next } = await listen(login, "?points=tank/t");
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  const { stream } = await next("hello");
  expect(await next("points")).toMatchObject({ points: [[0, 3.9, "good", 5]] });
  expect(await next("status")).toMatchObject({ gateway: { id: "pasture-07" } });
  const payload = { points: ["nobody/x", "tank/t"], list: 7 };
  const put = { method: "PUT", url: `/api/streams/${stream}`, payload } as const;
  expect((await web.ask(put, login)).statusCode).toBe(200);
  expect(await next("points")).toMatchObject({
    list: 7,
    points: [
      [0, null, "silent", null],
      [1, 3.9, "good", 5],
    ],
  });
  // Nobody else decides what it tells.
  const other = await web.ask(put, await web.loginAs("admin"));
  expect(other.json().code).toBe("not-found");
});

test("a stream is for who may look, and nobody opens too many", async () => {
  await web.loginAs("admin");
  expect((await listen({})).answer.status).toBe(401);
  const login = await web.loginAs("viewer");
  const answers = [];
  for (let count = 0; count < 21; count++) answers.push((await listen(login)).answer.status);
  expect(answers).toEqual([...Array.from({ length: 20 }, () => 200), 429]);
});

test("it ends for a program whose token was taken back", async () => {
  const clock = new SimClock(0);
  const { access, server, close } = await createTestServer(view, { anonymous: "none", clock });
  const made = { name: "erp", paths: [], expiresMs: 60_000 };
  const { token, secret } = await access.makeToken({ ...made, role: "viewer" });
  const at = await server.listen({ host: "127.0.0.1", port: 0 });
  const headers = { authorization: `Bearer ${secret}` };
  const answer = await fetch(`${at}/api/stream`, { headers, signal: leaving.signal });
  const told = answer.text();
  await clock.advance(6_000);
  await access.accounts.removeToken(token.id);
  await clock.advance(6_000);
  expect(await told).toContain('"stream"');
  await close();
});
