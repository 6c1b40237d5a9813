#!/usr/bin/env node
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Launcher } from "./launcher.ts";

// Starts the current version, from the folder in which it lies itself. No update replaces it, so it
// is as small as can be: it knows the state's file, and one process.

const folder = dirname(fileURLToPath(import.meta.url));
const stop = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop.abort());
const launcher = new Launcher({ folder, words: process.argv.slice(2), stop: stop.signal });
process.exitCode = await launcher.run();
