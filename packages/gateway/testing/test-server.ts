import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, silentLog, systemClock } from "@headgate/model";
import type { InjectOptions } from "fastify";
import { Access } from "../src/access/access.ts";
import type { WebConfig } from "../src/config/config.ts";
import type { Role } from "../src/http/api/route.ts";
import { createServer } from "../src/http/server.ts";
import { siteOf } from "../src/http/site.ts";
import type { GatewayView } from "../src/status.ts";

export const TEST_PASSWORD = "a sentence to remember";

/** Somebody who is logged in, as headers of a request. */
export type Login = Readonly<Record<string, string>>;

/** A server over a view, in a folder of its own; nothing listens. */
export async function createTestServer(
  view: GatewayView,
  { clock = systemClock, ...given }: Partial<WebConfig> & { clock?: Clock } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "headgate-web-"));
  const access = await Access.open(folder, { clock, log: silentLog });
  const web = { host: "127.0.0.1", port: 0, ...given };
  const certificate = () => null;
  const site = siteOf(web);
  const server = await createServer(view, { site, access, log: silentLog, certificate });
  const ask = (options: InjectOptions, login: Login = {}) =>
    server.inject({
      method: "GET",
      ...options,
      headers: { host: web.host, ...login, ...options.headers },
    });
  return {
    access,
    server,
    folder,
    ask,
    get: (url: string, login?: Login) => ask({ url }, login),
    /** As the command line on the same machine asks. */
    local: { authorization: `Bearer ${access.localToken}` } as Login,
    /** Makes a user of this role, and logs in. */
    async loginAs(role: Role): Promise<Login> {
      const name = `the-${role}`;
      const account = await access.makeAccount({ name, role, password: TEST_PASSWORD });
      const from = { account: account.name, address: "127.0.0.1" };
      const { session, secret } = await access.sessions.begin(from, clock.nowMs());
      return { cookie: `headgate-session=${secret}`, "x-csrf-token": session.csrf };
    },
    async close(): Promise<void> {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
