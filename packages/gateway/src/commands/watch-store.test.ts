import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchStore } from "./watch-store.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-watched-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a watched store does all that the store does, and tells of its loss", async () => {
  const inner = openSqliteStore(join(folder, "upstream.db"));
  const stopping = new AbortController();
  const { store, signal, lost } = watchStore(inner, stopping.signal);
  const before = store.incarnation;
  expect(await store.commit([], 1)).toEqual([]);
  await store.startAnew?.();
  expect(store.incarnation).not.toBe(before);
  expect(store.incarnation).toBe(inner.incarnation);
  expect(signal.aborted).toBe(false);
  await inner.close();
  await expect(store.commit([], 1)).rejects.toThrow();
  expect(signal.aborted).toBe(true);
  expect(lost()).toBeInstanceOf(Error);
});

test("it ends with the signal it was given", () => {
  const inner = openSqliteStore(join(folder, "upstream.db"));
  const stopping = new AbortController();
  const { signal, end } = watchStore(inner, stopping.signal);
  stopping.abort();
  expect(signal.aborted).toBe(true);
  end();
  void inner.close();
});
