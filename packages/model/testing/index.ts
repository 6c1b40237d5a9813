export * from "./buffer-contract.ts";
export * from "./driver-contract.ts";
export * from "./ready-made-buffer.ts";
export * from "./sim-clock.ts";
export * from "./suite.ts";
export * from "./uplink-contract.ts";
