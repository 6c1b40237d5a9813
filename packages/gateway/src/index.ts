export type { Backlog } from "./backlog.ts";
export * from "./config/config.ts";
export { createGateway, type GatewayOptions } from "./create-gateway.ts";
export type { Gateway, GatewayContext } from "./gateway.ts";
export * from "./status.ts";
export type { PartState } from "./supervise.ts";
