import { type Clock, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer } from "../../../testing/test-server.ts";
import { accessFiles } from "../../access/access.ts";
import { readAudit } from "../../access/audit-log.ts";
import { BUDGETS } from "./guard.ts";

const PROXY = "10.0.0.2";
/** It stands still: no budget fills again. */
const clock: Clock = { ...systemClock, monotonicMs: () => 0 };

/** How many of more requests than one asker may have come through. */
async function answeredOf(peer: string, forwardedOf: (index: number) => string) {
  const given = { anonymous: "none", trustedProxies: [PROXY], clock } as const;
  const web = await createTestServer(createSampleView(), given);
  try {
    await web.loginAs("admin");
    const statuses: number[] = [];
    for (let index = 0; index < BUDGETS.login.burst + 5; index++) {
      const { statusCode } = await web.ask({
        method: "POST",
        url: "/api/session",
        remoteAddress: peer,
        headers: { "x-forwarded-for": forwardedOf(index) },
        // A name of its own each time: none is locked out.
        payload: { name: `eve-${index}`, password: "a sentence of hers" },
      });
      statuses.push(statusCode);
    }
    const audit = await readAudit(accessFiles(web.folder).audit, { limit: 50 });
    const shut = statuses.filter((status) => status === 429).length;
    return { shut, addresses: [...new Set(audit.map(({ address }) => address))] };
  } finally {
    await web.close();
  }
}

test("askers behind a trusted proxy are limited each for itself, and in the log", async () => {
  const { shut, addresses } = await answeredOf(PROXY, (index) => `198.51.100.${index}`);
  expect(shut).toBe(0);
  expect(addresses).toContain("198.51.100.3");
  expect(addresses).not.toContain(PROXY);
});

test("what somebody writes who is no trusted proxy changes nothing", async () => {
  const { shut, addresses } = await answeredOf("10.0.0.9", (index) => `198.51.100.${index}`);
  expect(shut).toBeGreaterThan(0);
  expect(addresses).toEqual(["10.0.0.9"]);
});

test("what an asker writes before its proxy's word changes nothing either", async () => {
  const { shut, addresses } = await answeredOf(PROXY, (index) => `6.6.6.${index}, 198.51.100.7`);
  expect(shut).toBeGreaterThan(0);
  expect(addresses).toEqual(["198.51.100.7"]);
});
