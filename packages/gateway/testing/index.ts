export { gatewayTargets } from "./fuzz/gateway-targets.ts";
