import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    block: "src/block/index.ts",
    buffer: "src/buffer/index.ts",
    "buffer-worker": "src/buffer/buffer-worker.ts",
    history: "src/history/index.ts",
    drain: "src/drain/index.ts",
    protocol: "src/protocol/index.ts",
    uplink: "src/uplink/index.ts",
    receiver: "src/receiver/index.ts",
    testing: "testing/index.ts",
  },
  format: ["esm", "cjs"],
  target: "node22",
  splitting: true,
  shims: true,
  dts: true,
  clean: true,
  sourcemap: true,
});
