#!/usr/bin/env node
// By default import: an older Node has no such export, and would stop before it is told why.
import nodeModule from "node:module";
import { keepHeapLean } from "./lean-heap.ts";

// Nothing else is imported here: better-sqlite3 ends an older Node without a word.
const NODE_MIN = "22.14";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [majorMin = 0, minorMin = 0] = NODE_MIN.split(".").map(Number);
if (major < majorMin || (major === majorMin && minor < minorMin)) {
  const found = process.versions.node;
  process.stderr.write(`headgate needs Node ${NODE_MIN} or newer, not ${found}; install Node 24\n`);
  process.exit(2);
}
// A check is over soon, and takes half the time without.
if (process.argv[2] !== "check") keepHeapLean();
nodeModule.enableCompileCache();
const { runCli } = await import("./cli.ts");
process.exitCode = await runCli(process.argv);
// A stopped gateway has committed, flushed and logged all; what a hung device left open must not
// keep it from ending.
if (process.argv[2] === "run") process.exit();
