import type { UplinkPort } from "@headgate/model";
import type { MqttConfig } from "./config.ts";

/** The name under which an uplink logs in. */
export function clientIdOf(
  { clientId }: MqttConfig,
  { gatewayId, uplinkId }: Pick<UplinkPort, "gatewayId" | "uplinkId">,
): string {
  return clientId ?? `headgate-${gatewayId}-${uplinkId}`;
}
