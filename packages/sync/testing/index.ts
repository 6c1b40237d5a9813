export * from "./receiver-store-contract.ts";
export * from "./sink-contract.ts";
export * from "./sink-outbox-contract.ts";
