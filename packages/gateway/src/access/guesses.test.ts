import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { createSampleView } from "../../testing/sample-view.ts";
import { createTestServer } from "../../testing/test-server.ts";
import { BUDGETS } from "../http/api/guard.ts";
import { Access } from "./access.ts";

test("whoever guesses from one network after the other of an address is one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-guesses-"));
  try {
    const access = await Access.open(folder, { clock: systemClock, log: silentLog });
    await access.makeAccount({ name: "anna", role: "admin", password: "a sentence to remember" });
    const kinds: string[] = [];
    for (let host = 1; host <= 6; host++) {
      kinds.push((await access.login("anna", "wrong", `2001:db8:1:2::${host}`)).kind);
    }
    expect(kinds).toEqual(["wrong", "wrong", "wrong", "wrong", "locked", "locked"]);
    const other = await access.login("anna", "a sentence to remember", "2001:db8:1:3::1");
    expect(other.kind).toBe("in");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("whoever tries one token after the other has a budget", async () => {
  const web = await createTestServer(createSampleView(), {
    clock: { ...systemClock, monotonicMs: () => 0 },
  });
  try {
    const codes: string[] = [];
    for (let count = 0; count <= BUDGETS.read.burst; count++) {
      const wrong = { authorization: `Bearer hg_00000000_${count}` };
      codes.push((await web.get("/api/status", wrong)).json().code);
    }
    expect(codes[0]).toBe("login-needed");
    expect(codes.at(-1)).toBe("too-many");
  } finally {
    await web.close();
  }
});
