import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { cycloneDxOf } from "../build/cyclone-dx.ts";
import { listParts } from "../build/list-parts.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const folders = ["gateway", "web"].map((name) => join(root, "packages", name));
const parts = listParts(root, { folders, bundled: [] });
const keys = parts.map(({ name, version }) => `${name}@${version}`);

type Needs = Readonly<Record<string, string | { version: string }>>;
interface Lock {
  readonly importers: Readonly<Record<string, { dependencies?: Needs }>>;
  readonly snapshots: Readonly<
    Record<string, { dependencies?: Needs; optionalDependencies?: Needs; optional?: boolean }>
  >;
}

/** What the lock file has for the gateway: another way to the same list. */
function lockedFor(folder: string, hasOptional: boolean): ReadonlySet<string> {
  const lock = parse(readFileSync(join(root, "pnpm-lock.yaml"), "utf8")) as Lock;
  const found = new Set<string>();
  const take = (needs: Needs = {}, from: string) => {
    for (const [name, given] of Object.entries(needs)) {
      const version = typeof given === "string" ? given : given.version;
      if (version.startsWith("link:")) {
        const next = join(from, version.slice("link:".length));
        take(lock.importers[next]?.dependencies, next);
        continue;
      }
      // An alias names the package it stands for.
      const key = version.includes("@") && !version.includes("(") ? version : `${name}@${version}`;
      if (found.has(key)) continue;
      found.add(key);
      const snapshot = lock.snapshots[key];
      take(snapshot?.dependencies, from);
      if (hasOptional) take(snapshot?.optionalDependencies, from);
    }
  };
  take(lock.importers[folder]?.dependencies, folder);
  return new Set([...found].map((key) => key.replace(/\(.*$/, "")));
}

test("every production dependency of the lock file is a part, and nothing else", () => {
  const locked = lockedFor("packages/gateway", false);
  // Which of the optional ones are there depends on the machine.
  const all = lockedFor("packages/gateway", true);
  expect(locked.size).toBeGreaterThan(80);
  const others = keys.filter((key) => !key.startsWith("@headgate/"));
  expect(others.filter((key) => !all.has(key))).toEqual([]);
  expect([...locked].filter((key) => !keys.includes(key))).toEqual([]);
});

test("each has a hash, and a licence that goes with Apache-2.0", () => {
  const fits =
    /^(MIT(-0)?|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|CC0-1\.0|BlueOak-1\.0\.0|Unlicense)$/;
  const isFitting = (licence: string) =>
    licence
      .replace(/^\((.*)\)$/, "$1")
      .split(" AND ")
      .every((all) => all.split(" OR ").some((one) => fits.test(one)));
  expect(parts.filter(({ licence }) => !isFitting(licence))).toEqual([]);
  const without = parts.filter(({ sha512 }) => sha512 === null).map(({ name }) => name);
  expect(without.filter((name) => !name.startsWith("@headgate/"))).toEqual([]);
  for (const { sha512 } of parts) expect(sha512 ?? "0".repeat(128)).toMatch(/^[0-9a-f]{128}$/);
});

test("what the bundle took beside them is a part too", () => {
  const bundled = [join(root, "node_modules", "fast-check", "lib", "fast-check.js")];
  const more = listParts(root, { folders, bundled });
  expect(more.map(({ name }) => name)).toContain("fast-check");
  expect(more.length).toBeGreaterThan(parts.length);
});

test("the document is CycloneDX: each part once, with its package URL", () => {
  const gateway = parts.find(({ name }) => name === "@headgate/gateway");
  if (!gateway) throw new Error("the gateway is no part of itself");
  const document = JSON.parse(cycloneDxOf(parts, gateway));
  expect(document).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  const refs: string[] = document.components.map((one: { "bom-ref": string }) => one["bom-ref"]);
  expect(new Set(refs).size).toBe(refs.length);
  expect(refs.length).toBe(parts.length - 1);
  expect(refs).toContain("pkg:npm/%40serialport/bindings-cpp@13.0.0");
  const pino = document.components.find(({ name }: { name: string }) => name === "pino");
  expect(pino).toMatchObject({ type: "library", licenses: [{ license: { id: "MIT" } }] });
});
