import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Account, Accounts, TOKENS_MAX, type Token } from "./accounts.ts";
import { Sessions } from "./sessions.ts";

let folder = "";
const told: unknown[] = [];
const tell = (error: unknown) => told.push(error);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-access-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const accountOf = (name: string, role: Account["role"] = "admin") => {
  return { name, role, password: "$", createdMs: 1 };
};
const tokenOf = (id: string): Token => {
  return { id, name: id, role: "viewer", paths: [], hash: "", createdMs: 1, expiresMs: 2 };
};
const namesIn = async (path: string) =>
  JSON.parse(await readFile(path, "utf8")).accounts.map(({ name }: Account) => name);

test("changes that come at once are all kept, in the file too", async () => {
  const path = join(folder, "accounts.json");
  const accounts = await Accounts.open(path);
  const names = Array.from({ length: 20 }, (_, number) => `user-${number}`);
  await Promise.all(names.map((name) => accounts.putAccount(accountOf(name))));
  expect(accounts.accounts.map(({ name }) => name)).toEqual(names);
  expect(await namesIn(path)).toEqual(names);
  const [gone = "", ...left] = names;
  const removed = accounts.removeAccount(gone);
  await Promise.all([removed, accounts.addToken(tokenOf("a")), accounts.addToken(tokenOf("b"))]);
  expect(await namesIn(path)).toEqual(left);
  expect(accounts.tokens.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("two admins that remove each other leave one", async () => {
  const accounts = await Accounts.open(join(folder, "accounts.json"));
  for (const name of ["anna", "bo"]) await accounts.putAccount(accountOf(name));
  const both = [accounts.removeAccount("anna"), accounts.removeAccount("bo")];
  const outcomes = await Promise.allSettled(both);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(accounts.isClaimed).toBe(true);
  await expect(
    accounts.changeAccount("bo", (account) => ({ ...account, role: "viewer" })),
  ).rejects.toThrow(/last admin/);
});

test("who was removed meanwhile does not come back by a new password", async () => {
  const accounts = await Accounts.open(join(folder, "accounts.json"));
  for (const name of ["anna", "bo"]) await accounts.putAccount(accountOf(name));
  const removing = accounts.removeAccount("bo");
  const changing = accounts.changeAccount("bo", (account) => ({ ...account, password: "new" }));
  expect([await removing, await changing]).toEqual([undefined, null]);
  expect(accounts.account("bo")).toBe(null);
});

test("more than can be read again are not kept", async () => {
  const path = join(folder, "accounts.json");
  const accounts = await Accounts.open(path);
  const ids = Array.from({ length: TOKENS_MAX + 1 }, (_, number) => `${number}`);
  const outcomes = await Promise.allSettled(ids.map((id) => accounts.addToken(tokenOf(id))));
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect((await Accounts.open(path)).tokens).toHaveLength(TOKENS_MAX);
});

test("logins that come at once are all kept", async () => {
  const path = join(folder, "sessions.json");
  const sessions = await Sessions.open(path, tell);
  const begun = Array.from({ length: 20 }, (_, number) =>
    sessions.begin({ account: `user-${number}`, address: "" }, number),
  );
  const secrets = (await Promise.all(begun)).map(({ secret }) => secret);
  const used = await Promise.all(secrets.map((secret) => sessions.use(secret, 600_000)));
  expect(used.every((session) => session !== null)).toBe(true);
  await sessions.end(({ account }) => account === "user-0", 600_000);
  expect((await Sessions.open(path, tell)).list(600_000)).toHaveLength(19);
});

test("a session whose use cannot be kept is used all the same", async () => {
  const path = join(folder, "gone", "sessions.json");
  const sessions = await Sessions.open(path, tell);
  const { secret } = await sessions.begin({ account: "anna", address: "" }, 0);
  await rm(join(folder, "gone"), { recursive: true });
  await writeFile(join(folder, "gone"), "");
  expect(await sessions.use(secret, 600_000)).toMatchObject({ account: "anna" });
  expect(String(told.splice(0))).toMatch(/ENOTDIR|EEXIST/);
  await expect(sessions.end(() => true, 600_000)).rejects.toThrow();
});
