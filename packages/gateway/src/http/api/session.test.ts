import { type Clock, systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, TEST_PASSWORD } from "../../../testing/test-server.ts";
import { accessFiles } from "../../access/access.ts";
import { readAudit } from "../../access/audit-log.ts";
import { ABSOLUTE_MS_MAX, IDLE_MS_MAX } from "../../access/sessions.ts";

let web: Awaited<ReturnType<typeof createTestServer>>;
let passedMs = 0;
const clock: Clock = {
  ...systemClock,
  nowMs: () => Date.UTC(2026, 10, 26) + passedMs,
  monotonicMs: () => passedMs,
};
beforeEach(async () => {
  passedMs = 0;
  web = await createTestServer(createSampleView(), { anonymous: "none", clock });
});
afterEach(async () => await web.close());

const post = (url: string, payload: object, login = {}) => {
  passedMs += 10_000;
  return web.ask({ method: "POST", url, payload }, login);
};
const claim = async (code?: string) =>
  post("/api/claim", {
    code: code ?? (await web.access.claimCode()),
    name: "anna",
    password: TEST_PASSWORD,
  });
const login = (password: string, name = "anna") => post("/api/session", { name, password });
const cookieOf = (answer: { headers: Record<string, unknown> }) =>
  String(answer.headers["set-cookie"]).split(";")[0] ?? "";
const actions = async () => {
  const entries = await readAudit(accessFiles(web.folder).audit, { limit: 50 });
  return entries
    .toReversed()
    .map(({ who, action, outcome, detail }) => [who, action, outcome, detail].join(" ").trim());
};

test("a box that nobody owns shows nothing and takes no login, only its code", async () => {
  expect((await web.get("/api/session")).json()).toEqual({
    isClaimed: false,
    name: null,
    role: null,
    csrf: null,
  });
  expect((await web.get("/api/points")).json().code).toBe("not-claimed");
  expect((await login(TEST_PASSWORD)).json().code).toBe("not-claimed");
  expect((await claim("0000-0000")).json().code).toBe("wrong-code");
  const code = await web.access.claimCode();
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  const claimed = await claim(code.toLowerCase().replace("-", " "));
  expect(claimed.json()).toMatchObject({ isClaimed: true, name: "anna", role: "admin" });
  expect((await web.get("/api/users", { cookie: cookieOf(claimed) })).statusCode).toBe(200);
  expect((await claim(code)).json().code).toBe("claimed");
  expect(await actions()).toEqual(["anna claim refused wrong code", "anna claim done"]);
});

test("a short password is not taken, and none is told back", async () => {
  const code = await web.access.claimCode();
  const answer = await post("/api/claim", { code, name: "anna", password: "hunter2" });
  expect(answer.json().errors[0]).toMatchObject({ path: "body.password" });
  expect(answer.body).not.toContain("hunter2");
});

test("five wrong passwords lock a name out, which is logged", async () => {
  await claim();
  for (let count = 0; count < 4; count++) {
    expect((await login("wrong one, surely")).json().code).toBe("wrong-login");
  }
  const locked = await login("wrong one, surely");
  expect([locked.statusCode, locked.json().code]).toEqual([429, "locked-out"]);
  expect(locked.headers["retry-after"]).toBe("30");
  expect((await login(TEST_PASSWORD)).json().code).toBe("locked-out");
  expect((await actions()).at(-1)).toBe("anna login refused locked out for 30 s");
  passedMs += 30_000;
  expect((await login(TEST_PASSWORD)).json().role).toBe("admin");
  expect((await actions()).at(-1)).toBe("anna login done");
});

test("a name that nobody has is refused like a wrong password", async () => {
  await claim();
  const nobody = await login("wrong one, surely", "nobody");
  const wrong = await login("wrong one, surely");
  expect(nobody.json()).toEqual(wrong.json());
});

test("the cookie is out of a script's reach, and Secure over TLS", async () => {
  const answer = await claim();
  const cookie = String(answer.headers["set-cookie"]);
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  const other = await createTestServer(createSampleView(), { tls: true, anonymous: "none" });
  const claimed = await other.ask({
    method: "POST",
    url: "/api/claim",
    payload: { code: await other.access.claimCode(), name: "anna", password: TEST_PASSWORD },
  });
  await other.close();
  expect(String(claimed.headers["set-cookie"])).toMatch(/; Secure$/);
});

test("a session ends by logout, by idleness, by age, and with its user", async () => {
  await claim();
  const statusOf = async (cookie: string) => (await web.get("/api/status", { cookie })).statusCode;
  const enter = async () => {
    const answer = await login(TEST_PASSWORD);
    return { cookie: cookieOf(answer), "x-csrf-token": answer.json().csrf };
  };
  const first = await enter();
  expect(await statusOf(first.cookie)).toBe(200);
  await web.ask({ method: "DELETE", url: "/api/session" }, first);
  expect(await statusOf(first.cookie)).toBe(401);

  const second = await enter();
  passedMs += IDLE_MS_MAX + 1;
  expect(await statusOf(second.cookie)).toBe(401);

  // Used all the time, and a month old.
  const third = await enter();
  const [young] = web.access.sessions.list(clock.nowMs());
  if (!young) throw new Error("there is a session");
  young.createdMs -= ABSOLUTE_MS_MAX + 1;
  expect(await statusOf(third.cookie)).toBe(401);

  const admin = await enter();
  const tech = await web.loginAs("technician");
  expect(await statusOf(tech.cookie ?? "")).toBe(200);
  await web.ask({ method: "DELETE", url: "/api/users/the-technician" }, admin);
  expect(await statusOf(tech.cookie ?? "")).toBe(401);
});

test("the last admin stays one", async () => {
  const answer = await claim();
  const admin = { cookie: cookieOf(answer), "x-csrf-token": answer.json().csrf };
  const remove = await web.ask({ method: "DELETE", url: "/api/users/anna" }, admin);
  expect([remove.statusCode, remove.json().code]).toEqual([409, "refused"]);
  const payload = { role: "viewer" };
  const lower = await web.ask({ method: "PUT", url: "/api/users/anna", payload }, admin);
  expect(lower.json().code).toBe("refused");
});

test("a token opens its paths with its role until its end, and is shown once", async () => {
  const answer = await claim();
  const admin = { cookie: cookieOf(answer), "x-csrf-token": answer.json().csrf };
  const wanted = { name: "prometheus", role: "viewer", paths: ["/metrics"], days: 30 };
  const made = (await post("/api/tokens", wanted, admin)).json();
  const token = { authorization: `Bearer ${made.secret}` };
  expect((await web.get("/metrics", token)).statusCode).toBe(200);
  expect((await web.get("/api/status", token)).json().code).toBe("wrong-role");
  const listed = await web.get("/api/tokens", admin);
  expect(listed.json()).toMatchObject([{ name: "prometheus", paths: ["/metrics"] }]);
  expect(listed.body).not.toContain(made.secret.slice(-20));
  passedMs += 30 * 86_400_000;
  expect((await web.get("/metrics", token)).statusCode).toBe(401);
});

test("the log of who did what can be read by an admin, and changed by nobody", async () => {
  const answer = await claim();
  const admin = { cookie: cookieOf(answer), "x-csrf-token": answer.json().csrf };
  expect((await web.get("/api/audit", admin)).json()).toMatchObject([{ action: "claim", seq: 1 }]);
  expect((await web.get("/api/audit/verdict", admin)).json()).toMatchObject({ broken: null });
  const { paths } = (await web.get("/api/openapi.json")).json();
  const methods = Object.entries<object>(paths).flatMap(([path, of]) =>
    path.startsWith("/api/audit") ? Object.keys(of) : [],
  );
  expect(new Set(methods)).toEqual(new Set(["get"]));
});

test("passwords and secrets are in no file but as hashes", async () => {
  const answer = await claim();
  const { readFile, readdir } = await import("node:fs/promises");
  const names = await readdir(web.folder, { recursive: true, withFileTypes: true });
  const secret = cookieOf(answer).split("=")[1] ?? "";
  for (const file of names.filter((entry) => entry.isFile())) {
    const text = await readFile(`${file.parentPath}/${file.name}`, "utf8");
    expect(text).not.toContain(TEST_PASSWORD);
    expect(text).not.toContain(secret);
  }
  const accounts = await readFile(accessFiles(web.folder).accounts, "utf8");
  expect(accounts).toContain("$argon2id$v=19$m=19456,t=2,p=1$");
});
