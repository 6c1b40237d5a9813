import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, Misconfigured, silentLog, systemClock, Unreachable } from "@headgate/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, type Login } from "../../../testing/test-server.ts";
import { catalogue } from "../../catalogue.ts";
import { ownScouts } from "../../commands/own-scouts.ts";
import { loadConfig } from "../../config/load.ts";
import { Configuration } from "../../configuration/configuration.ts";
import { Finder } from "../../find/finder.ts";
import type { GatewayView } from "../../status.ts";
import { UpdateDesk } from "../../update/update-desk.ts";
import { createUplinkTester } from "../../uplink-tester.ts";
import { BUDGETS } from "./guard.ts";
import { type RateClass, ROLES } from "./route.ts";

// Made of the document: a new route is tested as soon as it is served.

interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly role: (typeof ROLES)[number] | "anyone";
  readonly csrf: "token" | "form" | "origin" | "none";
  readonly rate: RateClass;
  readonly hasBody: boolean;
}

let view: GatewayView = {
  ...createSampleView(),
  read: async () => {
    throw new Misconfigured("nothing is read here");
  },
  field: {
    inspect: async () => {
      throw new Unreachable("nobody answers");
    },
    line: () => {
      throw new Misconfigured("no line is looked at here");
    },
    search: () => {
      throw new Misconfigured("no line is searched here");
    },
  },
};
/** Between two questions so much time passes. */
function clockOfSteps(stepMs: number): Clock {
  let monotonicMs = 0;
  const tick = () => {
    monotonicMs += stepMs;
    return monotonicMs;
  };
  return { ...systemClock, monotonicMs: tick };
}
let web: Awaited<ReturnType<typeof createTestServer>>;
let operations: readonly Operation[];
const logins = new Map<string, Login>();

/** Looked for by nobody, changed by nobody: but their routes are there. */
let folder = "";
async function withConfiguration(): Promise<GatewayView> {
  folder = await mkdtemp(join(tmpdir(), "headgate-routes-"));
  const path = join(folder, "gateway.yaml");
  await writeFile(path, "gateway: { id: pasture-07 }\n");
  const { config } = await loadConfig(path, catalogue);
  if (config === null) throw new Error("the configuration has mistakes");
  const lent = { catalogue, clock: systemClock, log: silentLog };
  const configuration = await Configuration.open(path, join(folder, "versions"), lent);
  const finder = new Finder({ scouts: ownScouts(catalogue), clock: systemClock, told: "" });
  const uplinkTester = createUplinkTester(catalogue, { clock: systemClock, log: silentLog });
  const place = { folder, version: "1.0.0", clock: systemClock, log: silentLog };
  const updates = new UpdateDesk(place);
  return { ...view, config, configuration, finder, uplinkTester, updates };
}

beforeAll(async () => {
  view = await withConfiguration();
  web = await createTestServer(view, { anonymous: "none", clock: clockOfSteps(60_000) });
  for (const role of ROLES) logins.set(role, await web.loginAs(role));
  const { paths } = (await web.get("/api/openapi.json")).json();
  operations = Object.entries<Record<string, Record<string, unknown>>>(paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase() as Operation["method"],
        path: path.replaceAll(/\{\w+\}/g, "nobody"),
        role: operation["x-role"] as Operation["role"],
        csrf: operation["x-csrf"] as Operation["csrf"],
        rate: operation["x-rate"] as RateClass,
        hasBody: operation.requestBody !== undefined,
      })),
  );
});
afterAll(async () => {
  await web.close();
  await rm(folder, { recursive: true, force: true });
});

/** Asked with nothing in it: a guard decides before anything is looked at. */
async function ask({ method, path, hasBody }: Operation, login: Login): Promise<string> {
  const payload = hasBody ? { payload: {} } : {};
  const answer = await web.ask({ method, url: path, ...payload }, login);
  const code = codeOf(answer);
  return code === undefined ? `${answer.statusCode}` : `${answer.statusCode} ${code}`;
}

/** Of a problem; a page for people says it beside its text. */
function codeOf({ headers, body }: Awaited<ReturnType<typeof web.ask>>): string | undefined {
  const isProblem = String(headers["content-type"]).includes("problem+json");
  return isProblem ? JSON.parse(body).code : headers["x-problem"]?.toString();
}

const name = ({ method, path }: Operation) => `${method} ${path}`;
const loginOf = (role: string): Login => logins.get(role) ?? {};
const DENIED = /^(401|403|429) (login-needed|wrong-role|wrong-csrf|wrong-origin|too-many)/;

describe("every route of the document", () => {
  test("is there, and few are for anyone", () => {
    expect(operations.length).toBeGreaterThan(45);
    const open = operations.filter(({ role }) => role === "anyone").map(name);
    expect(open.toSorted()).toEqual([
      "GET /",
      "GET /api/certificate",
      "GET /api/certificate/authority.pem",
      "GET /api/docs",
      "GET /api/openapi.json",
      "GET /api/session",
      "GET /assets/nobody",
      "GET /basic/login",
      "GET /healthz",
      "POST /api/claim",
      "POST /api/session",
      "POST /basic/claim",
      "POST /basic/login",
    ]);
  });

  test("asks who it is", async () => {
    for (const operation of operations.filter(({ role }) => role !== "anyone")) {
      expect([name(operation), await ask(operation, {})]).toEqual([
        name(operation),
        "401 login-needed",
      ]);
      const forged = { authorization: "Bearer hg_00000000_forged" };
      expect([name(operation), await ask(operation, forged)]).toEqual([
        name(operation),
        "401 login-needed",
      ]);
    }
  });

  test("takes its role and those above, and no other", async () => {
    for (const operation of operations.filter(({ role }) => role !== "anyone")) {
      const needed = ROLES.indexOf(operation.role as (typeof ROLES)[number]);
      for (const [index, role] of ROLES.entries()) {
        if (index >= needed) continue;
        expect([name(operation), role, await ask(operation, loginOf(role))]).toEqual([
          name(operation),
          role,
          "403 wrong-role",
        ]);
      }
    }
  });

  test("that changes something takes no foreign page, no session without its token", async () => {
    for (const operation of operations.filter(({ method }) => method !== "GET")) {
      expect([name(operation), operation.csrf]).not.toEqual([name(operation), "none"]);
      const admin = loginOf("admin");
      const foreign = { ...admin, origin: "https://evil.example" };
      expect([name(operation), await ask(operation, foreign)]).toEqual([
        name(operation),
        "403 wrong-origin",
      ]);
      const crossing = { ...admin, "sec-fetch-site": "cross-site" };
      expect(await ask(operation, crossing)).toBe("403 wrong-origin");
      if (operation.csrf === "origin") continue;
      for (const token of ["", "wrong"]) {
        const without = { ...admin, "x-csrf-token": token };
        expect([name(operation), await ask(operation, without)]).toEqual([
          name(operation),
          "403 wrong-csrf",
        ]);
      }
    }
  });

  test("that only reads has no effect to be protected", () => {
    for (const operation of operations.filter(({ method }) => method === "GET")) {
      expect(operation.csrf).toBe("none");
    }
  });
});

describe("every class of questions", () => {
  let other: Awaited<ReturnType<typeof createTestServer>>;
  beforeAll(async () => {
    other = await createTestServer(view, { anonymous: "none", clock: clockOfSteps(0) });
  });

  test("is bounded for each route, and says how long to wait", async () => {
    const seen = new Set<string>();
    for (const { method, path, rate } of operations) {
      // One route of each class is asked until it is enough: they share a budget.
      if (seen.has(rate)) continue;
      seen.add(rate);
      let refused = null;
      for (let count = 0; count < 3 * BUDGETS[rate].burst && refused === null; count++) {
        const answer = await other.ask({ method, url: path });
        if (answer.statusCode === 429) refused = answer;
      }
      expect([rate, refused && codeOf(refused)]).toEqual([rate, "too-many"]);
      expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(0);
    }
    expect([...seen].toSorted()).toEqual(Object.keys(BUDGETS).toSorted());
  });
  afterAll(async () => await other.close());
});

describe("budgets", () => {
  /** Cheap, and part of looking on. */
  const LIGHT = ["DELETE /api/session", "PUT /api/streams/nobody"];

  test("are smaller for what changes something, asks devices, or guesses", () => {
    for (const operation of operations.filter(({ method }) => method !== "GET")) {
      if (LIGHT.includes(name(operation))) continue;
      const { burst, perSecond } = BUDGETS[operation.rate];
      expect([name(operation), burst <= 20, perSecond <= 4]).toEqual([name(operation), true, true]);
    }
    const guesses = operations.filter(({ role, method }) => role === "anyone" && method !== "GET");
    expect(guesses.map(({ rate }) => rate)).toEqual(guesses.map(() => "login"));
  });

  test("are each asker's own: one that asks too much takes nothing from others", async () => {
    const other = await createTestServer(view, { clock: clockOfSteps(0) });
    const [loud, quiet] = [await other.loginAs("technician"), await other.loginAs("viewer")];
    const url = "/api/session";
    const asked = Array.from({ length: BUDGETS.read.burst + 1 }, () => other.get(url, loud));
    const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect((await other.get(url, quiet)).statusCode).toBe(200);
    expect((await other.get(url)).statusCode).toBe(200);
    // Nor from what the same asker asks of another class.
    expect((await other.get("/api/devices", loud)).statusCode).not.toBe(429);
    await other.close();
  });

  test("are those that docs/security.md tells", async () => {
    const root = join(import.meta.dirname, "..", "..", "..", "..", "..");
    const text = await readFile(join(root, "docs", "security.md"), "utf8");
    for (const [rate, { burst, perSecond }] of Object.entries(BUDGETS)) {
      expect(text).toContain(`| \`${rate}\` | ${burst} | ${perSecond} |`);
    }
  });
});

test("no route answers a bug to an admin who asks with nothing", async () => {
  const whole = await createTestServer(view, { clock: clockOfSteps(60_000) });
  const login = await whole.loginAs("admin");
  for (const { method, path, hasBody, rate } of operations) {
    // A session that has ended asks nothing more.
    if (rate === "stream" || (method === "DELETE" && path === "/api/session")) continue;
    const payload = hasBody ? { payload: { unknown: true } } : {};
    const answer = await whole.ask({ method, url: path, ...payload }, { ...login, ...whole.local });
    expect([`${method} ${path}`, answer.statusCode]).not.toEqual([`${method} ${path}`, 500]);
    expect(`${answer.statusCode}`).not.toMatch(DENIED);
  }
  await whole.close();
});
