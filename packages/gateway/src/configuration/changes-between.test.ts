import { expect, test } from "vitest";
import { readSaid } from "../config/source.ts";
import { changesBetween } from "./changes-between.ts";
import { diffConfig } from "./diff-config.ts";
import { HIDDEN, withoutSecrets } from "./hidden-secrets.ts";

const changes = (old: string, next: string) => changesBetween(readSaid(old), readSaid(next));

test("a secret that changed is told as none, and so is one that stayed", () => {
  const gate = (password: string, host: string) =>
    `channels: { gate: { host: ${host}, password: ${password} } }`;
  expect(changes(gate("one", "a"), gate("other", "a"))).toEqual([]);
  expect(changes(gate("one", "a"), gate("other", "b"))).toEqual([
    { path: "channels.gate.host", old: '"a"', new: '"b"' },
  ]);
  const [gone] = changes(gate("one", "a"), "channels: { gate: { host: a } }");
  expect(gone).toEqual({ path: "channels.gate.password", old: JSON.stringify(HIDDEN), new: null });
});

const MAPS = [
  ...["{}", "a: {}", "a: { x: 1 }", "a: { x: 1, y: 2 }", "a: { y: 2 }", "a: [1, { b: 2 }]"],
  ...["a: [1, { b: 3 }]", "a: null", "a: 5\nb: {}", "b: { c: { d: {} } }", "b: { c: { d: 1 } }"],
  ...["a: &a { x: 1 }\nb: *a", "a: &a { x: 1 }\nb: { <<: *a, z: 0 }", "5", "[1]", "a: [", "x: :"],
];

test.each(MAPS)("what both have alike is not looked at, and nothing is missed: %s", (old) => {
  for (const next of MAPS) {
    const whole = diffConfig(withoutSecrets(readSaid(old)), withoutSecrets(readSaid(next)));
    expect(changes(old, next)).toEqual(whole);
  }
});
