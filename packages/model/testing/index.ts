export * from "./driver-contract.ts";
export * from "./sim-clock.ts";
export * from "./suite.ts";
