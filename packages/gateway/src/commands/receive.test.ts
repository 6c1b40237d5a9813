import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured, silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { runReceive } from "./receive.ts";

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
