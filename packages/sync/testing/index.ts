export * from "./clock-correction-contract.ts";
export * from "./handed-entries-contract.ts";
export * from "./receiver-store-contract.ts";
export * from "./sink-contract.ts";
export * from "./sink-outbox-contract.ts";
export * from "./thinned-store-contract.ts";
