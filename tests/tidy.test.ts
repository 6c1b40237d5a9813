import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as arrows from "./tidy/arrows.ts";
import * as shape from "./tidy/shape.ts";
import { createTree, type Rule, readRepository } from "./tidy/tree.ts";
import * as words from "./tidy/words.ts";

/** Each rule of the house: its sentence, and files that break it once. */
const RULES: readonly [string, Rule, Record<string, string>][] = [
  [
    "arrows between packages run downwards",
    arrows.keepsLayers,
    { "packages/sync/src/a.ts": 'import { x } from "@headgate/drivers";' },
  ],
  [
    "a package wall is crossed by name",
    arrows.keepsWalls,
    { "tests/a.ts": 'import "../packages/sync/src/b.ts";', "packages/sync/src/b.ts": "" },
  ],
  [
    "an index is imported from outside only",
    arrows.importsNoBarrel,
    { "packages/sync/src/a.ts": 'import "./index.ts";', "packages/sync/src/index.ts": "" },
  ],
  [
    "pure cores touch no socket and no file",
    arrows.keepsCoresPure,
    { "packages/sync/src/drain/drain.ts": 'import { readFile } from "node:fs/promises";' },
  ],
  [
    "no driver knows another",
    arrows.keepsDriversApart,
    {
      "packages/drivers/src/modbus/a.ts":
        'import type { X } from "../opcua/driver.ts"; import type { Y } from "../wire/c.ts";',
      "packages/drivers/src/opcua/driver.ts": "",
      "packages/drivers/src/wire/c.ts": "",
    },
  ],
  [
    "only the box names drivers and uplinks",
    arrows.namesDriversInTheBoxOnly,
    {
      "packages/gateway/src/index.ts": 'export * from "./gateway.ts";',
      "packages/gateway/src/gateway.ts": 'const x = () => import("@headgate/sync/uplink");',
      "packages/gateway/src/main.ts": 'import "@headgate/drivers";',
    },
  ],
  [
    "no import runs in a circle",
    arrows.hasNoCircle,
    { "tests/a.ts": 'import type { B } from "./b.ts";', "tests/b.ts": 'export * from "./a.ts";' },
  ],
  [
    "every source file is used",
    arrows.hasNoDeadFile,
    {
      "packages/sync/tsup.config.ts": 'export default { entry: ["src/used.ts"] };',
      "packages/sync/src/used.ts": "",
      "packages/sync/src/dead.ts": "",
      "packages/sync/src/dead.test.ts": 'import "./dead.ts";',
    },
  ],
  ["files are short", shape.hasShortFiles, { "tests/a.ts": "x;\n".repeat(351) }],
  ["lines are short", shape.hasShortLines, { "tests/a.ts": `// ${"x".repeat(98)}` }],
  [
    "functions are short",
    shape.hasShortFunctions,
    { "tests/a.ts": `function f() {\n${"x;\n".repeat(59)}}` },
  ],
  [
    "parameters are few",
    shape.hasFewParameters,
    { "tests/a.ts": "const f = (a, b, c, d, e) => a;" },
  ],
  ["no catch hides a fault", shape.hidesNoFault, { "tests/a.ts": "\ntry { x(); } catch {}" }],
  [
    "time is lent",
    shape.borrowsTime,
    { "packages/sync/src/a.ts": "const at = new Date(0);\nconst now = Date.now();" },
  ],
  ["words are ours", words.avoidsWords, { "docs/a.md": "Each sl\u0061ve answers." }],
  ["file names say something", words.namesFilesWell, { "packages/sync/src/mqtt-utils.ts": "" }],
  [
    "a point is called a point",
    words.callsPointsPoints,
    { "packages/sync/src/a.ts": "const point = tagName;" },
  ],
];

const repository = readRepository(join(import.meta.dirname, ".."));

describe.each(RULES)("%s", (_sentence, rule, broken) => {
  test("in the whole repository", () => {
    const offences = rule(repository).map(
      ({ path, line, what, todo }) => `${path}:${line}: ${what}: ${todo}`,
    );
    expect(offences.join("\n")).toBe("");
  });

  test("and a file that breaks it is found", () => {
    expect(rule(createTree(broken))).toHaveLength(1);
  });
});
