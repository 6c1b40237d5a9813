import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    simulated: "src/simulated/driver.ts",
    modbus: "src/modbus/driver.ts",
    dlt645: "src/dlt645/driver.ts",
    cjt188: "src/cjt188/driver.ts",
    sunspec: "src/modbus/sunspec/model.ts",
    opcua: "src/opcua/driver.ts",
    "opcua-thread": "src/opcua/thread/opcua-thread.ts",
    onvif: "src/onvif/driver.ts",
    find: "src/find.ts",
    testing: "testing/index.ts",
  },
  format: ["esm", "cjs"],
  target: "node22",
  splitting: true,
  shims: true,
  dts: true,
  clean: true,
  sourcemap: true,
  // What the virtual serial line runs.
  onSuccess: "cp testing/virtual-line.py dist/",
});
