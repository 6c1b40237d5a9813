import { expect, test } from "vitest";
import { resolveReferences } from "../config/references.ts";
import { bringBackSecrets, HIDDEN, hideSecrets } from "./hidden-secrets.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n";

test.each([
  ["a password", "gate: { password: hunter2 }", "hunter2"],
  ["one of digits", "gate: { password: 4711 }", "4711"],
  ["a login in an address", "cloud: { url: mqtt://me:hunter2@broker }", "hunter2"],
  ["a person's key in the file", `line: { userKey: ${JSON.stringify(PEM)} }`, "MIIEvQ"],
  ["a key under any name", `line: { other: ${JSON.stringify(PEM)} }`, "MIIEvQ"],
])("%s is not shown, and comes back at its place", (_what, text, secret) => {
  const shown = hideSecrets(text);
  expect(shown).not.toContain(secret);
  expect(shown).toContain(HIDDEN);
  expect(bringBackSecrets(shown, text)).toContain(secret);
});

test("a reference is no secret, and what is hidden stays hidden where it never was", () => {
  const reference = `gate: { password: "\${secret:gate}" }`;
  expect(hideSecrets(reference)).toBe(reference);
  const renamed = `door: { password: "${HIDDEN}" }`;
  expect(bringBackSecrets(renamed, "gate: { password: hunter2 }")).toBe(renamed);
});

test("what stayed hidden is a mistake, and no password that a device is asked with", async () => {
  const source = { variables: {}, secretFolders: [], readFile: async () => null };
  const codes: string[] = [];
  await resolveReferences({ door: { password: HIDDEN } }, source, ({ code }) => codes.push(code));
  expect(codes).toEqual(["bad-reference"]);
});
