export { type DrainJob, drain } from "./drain.ts";
export type { DrainOrder } from "./plan-drain.ts";
