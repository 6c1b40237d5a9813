import { defineConfig } from "vitest/config";

const shared = {
  resolve: { conditions: ["headgate-source"] },
  ssr: { resolve: { conditions: ["headgate-source"] } },
};
/**
 * Threads that run TypeScript take its types away by WebAssembly, and V8 13.6 may crash where two
 * threads replace the wrapper of one function at a time (Runtime_TierUpWasmToJSWrapper): none is.
 */
const execArgv = ["--wasm-wrapper-tiering-budget=2147483647"];
/** How long one looks for what is to come: a machine may have other work. */
const patience = (timeout: number) => ({ expect: { poll: { timeout } } });
const common = {
  environment: "node" as const,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  execArgv,
  ...patience(30_000),
};

export default defineConfig({
  ...shared,
  test: {
    projects: [
      {
        ...shared,
        test: {
          ...common,
          name: "unit",
          include: [
            "packages/*/{src,testing}/**/*.test.ts",
            "firmware-config/**/*.test.ts",
            "tests/faults/**/*.test.ts",
            "tests/simulation/*.test.ts",
          ],
        },
      },
      { ...shared, test: { ...common, name: "tidy", include: ["tests/tidy.test.ts"] } },
      {
        ...shared,
        // Real peers share two cores: one file at a time.
        test: {
          ...common,
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          ...patience(60_000),
        },
      },
    ],
  },
});
