import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs every check of the repository, goes on after a failure, and closes with the counts. */

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly minutesMax: number;
  /** A vitest project: its tests are counted one by one. */
  readonly project?: string;
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const vitest = (project: string, minutesMax: number): Step => ({
  name: `${project} tests`,
  command: [bin("vitest"), "run", "--project", project],
  minutesMax,
  project,
});

const STEPS: readonly Step[] = [
  {
    name: "system packages",
    command: ["bash", "tests/setup/system-packages.sh"],
    minutesMax: 8,
  },
  { name: "build", command: ["npx", "-y", "pnpm@12", "run", "build"], minutesMax: 5 },
  { name: "biome check", command: [bin("biome"), "check", "."], minutesMax: 2 },
  { name: "tsc", command: [bin("tsc"), "--noEmit"], minutesMax: 4 },
  {
    name: "svelte-check",
    command: ["npx", "-y", "pnpm@12", "--filter", "@headgate/web", "run", "check"],
    minutesMax: 4,
  },
  vitest("tidy", 2),
  vitest("unit", 15),
  vitest("integration", 35),
];

/** Resolves with the exit code; a step that takes too long or cannot start has failed. */
function exitCode(command: readonly string[], minutesMax: number): Promise<number> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      timeout: minutesMax * 60_000,
      env: { ...process.env, PATH: `${bin("")}:${process.env.PATH}` },
    });
    child.once("error", (error) => {
      console.error(`start ${program}: ${error.message}`);
      resolve(127);
    });
    child.once("close", (code, signal) => {
      if (signal) console.error(`ended by ${signal}; ${minutesMax} min is its longest time`);
      resolve(code ?? 1);
    });
  });
}

async function run(step: Step, reports: string): Promise<Outcome> {
  if (!step.project) {
    const code = await exitCode(step.command, step.minutesMax);
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }
  const file = join(reports, `${step.project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const code = await exitCode([...step.command, ...reporters], step.minutesMax);
  return count(await readReport(file), code);
}

/** What is used of vitest's JSON report. */
interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly testResults: readonly { status: string; assertionResults: readonly unknown[] }[];
}

async function readReport(file: string): Promise<Report | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } catch (error) {
    // No report, or half of one: vitest itself broke down, which counts as a failure.
    console.error(`read test report: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/** A test that did not run has failed, and so has a file that could not be loaded. */
function count(report: Report | null, code: number): Outcome {
  if (report === null) return { passed: 0, failed: 1 };
  const passed = report.numPassedTests;
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const failed = report.numTotalTests - passed + brokenFiles.length;
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

const reports = await mkdtemp(join(tmpdir(), "headgate-test-"));
const rows: string[] = [];
let passed = 0;
let failed = 0;
for (const step of STEPS) {
  console.log(`\n=== ${step.name}`);
  const startedMs = performance.now();
  const outcome = await run(step, reports);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
  passed += outcome.passed;
  failed += outcome.failed;
  const word = outcome.failed === 0 ? "ok    " : "FAILED";
  rows.push(
    `${word} ${seconds} s  ${step.name} (${outcome.passed}/${outcome.passed + outcome.failed})`,
  );
  console.log(rows.at(-1));
}
await rm(reports, { recursive: true });
console.log(`\n${rows.join("\n")}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
