import { afterAll, beforeAll, expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, TEST_PASSWORD } from "../../../testing/test-server.ts";

let web: Awaited<ReturnType<typeof createTestServer>>;
beforeAll(async () => {
  web = await createTestServer(createSampleView(), { anonymous: "none" });
});
afterAll(async () => await web.close());

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const form = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  web.ask({
    method: "POST",
    url,
    headers: { ...FORM, ...headers },
    payload: new URLSearchParams(fields).toString(),
  });
const cookieIn = ({ headers }: { headers: Record<string, unknown> }) =>
  `${headers["set-cookie"]}`.split(";")[0] ?? "";

test("whoever is not logged in sees a form, in its language", async () => {
  const none = await web.get("/basic?lang=zh");
  expect([none.statusCode, none.headers["x-problem"]]).toEqual([403, "not-claimed"]);
  expect(none.body).toContain('action="basic/claim?lang=zh"');
  for (const role of ["admin", "viewer"] as const) await web.loginAs(role);
  const closed = await web.get("/basic/points");
  expect([closed.statusCode, closed.headers["x-problem"]]).toEqual([401, "login-needed"]);
  expect(closed.body).toContain('<form class="card" method="post" action="login?lang=en">');
  expect(closed.body).not.toContain("milk-tank");
});

test("a form logs in and out, and proves that it is ours", async () => {
  const asked = await web.get("/basic/login");
  const cookie = cookieIn(asked);
  const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(asked.body) ?? [];
  expect(cookie).toBe(`headgate-form=${csrf}`);
  const name = "the-viewer";
  const right = { csrf, name, password: TEST_PASSWORD };

  const stranger = await form("/basic/login", right);
  expect([stranger.statusCode, stranger.headers["x-problem"]]).toEqual([403, "wrong-csrf"]);
  const foreign = await form("/basic/login", right, { cookie, origin: "https://evil.example" });
  expect(foreign.headers["x-problem"]).toBe("wrong-origin");
  const wrong = await form("/basic/login", { ...right, password: "guessed" }, { cookie });
  expect([wrong.statusCode, wrong.body.includes("Wrong name or password")]).toEqual([401, true]);
  expect(wrong.body).not.toContain("guessed");

  const inside = await form("/basic/login?lang=zh", right, { cookie });
  expect([inside.statusCode, inside.headers.location]).toEqual([303, "../basic?lang=zh"]);
  const session = cookieIn(inside);
  const page = await web.get("/basic", { cookie: session });
  expect(page.statusCode).toBe(200);
  expect(page.body).toContain("Log out the-viewer");
  const [, own = ""] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? [];

  const kept = await form("/basic/logout", { csrf }, { cookie: session });
  expect(kept.headers["x-problem"]).toBe("wrong-csrf");
  const out = await form("/basic/logout", { csrf: own }, { cookie: session });
  expect([out.statusCode, cookieIn(out)]).toEqual([303, "headgate-session="]);
  expect((await web.get("/basic", { cookie: session })).statusCode).toBe(401);
});

test("no other route takes a form: any page could send one", async () => {
  const login = await web.loginAs("technician");
  const answer = await web.ask(
    { method: "PUT", url: "/api/session/password", headers: FORM, payload: "password=x" },
    login,
  );
  expect([answer.statusCode, answer.json().code]).toEqual([415, "wrong-type"]);
  const large = await form("/basic/login", { csrf: "x".repeat(5000) });
  expect(large.headers["x-problem"]).toBe("too-large");
});

test("points come with their quality; a page loads itself again where that is asked", async () => {
  const from = { account: "the-technician", address: "127.0.0.1" };
  const { secret } = await web.access.sessions.begin(from, web.access.clock.nowMs());
  const login = { cookie: `headgate-session=${secret}` };
  const { body, headers } = await web.get("/basic/points?search=power&live=1&lang=zh", login);
  expect(headers.refresh).toBe("15");
  expect(body).toContain("main-meter/power");
  const said = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;";
  expect(body).toContain(`坏值: 线路中断：${said}`);
  expect(body).not.toContain("milk-tank/");
  for (const screen of ["devices", "uplinks", "alarms"]) {
    const answer = await web.get(`/basic/${screen}`, login);
    expect([screen, answer.statusCode]).toEqual([screen, 200]);
    expect(answer.headers.refresh).toBeUndefined();
  }
});
