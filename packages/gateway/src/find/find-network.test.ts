import { silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { findOnNetwork } from "./find-network.ts";
import type { Scouts } from "./scouts.ts";

test("a call that fails in an unknown way ends the search, and nothing else", async () => {
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  const scope = { context, profiles: [], emit: () => {}, emitThing: () => {} };
  const scouts = {
    call: async () => {
      throw new Error("no such interface");
    },
  } as unknown as Scouts;
  // Nobody listens there.
  const doors = [{ host: "127.0.0.1", port: 1, kinds: [] }];
  const found = findOnNetwork({ doors, calls: ["127.0.0.1"], unitIds: null }, scouts, scope);
  await expect(found).rejects.toThrow("no such interface");
});
