import type { IClientOptions, MqttClient } from "mqtt";

/** Begins a connection; a simulation lends a client without a socket. */
export type Dial = (options: IClientOptions) => Promise<MqttClient>;

/** A client of the `mqtt` package, loaded late: who has no uplink should not pay for it. */
export const dial: Dial = async (options) => {
  const { default: mqtt } = await import("mqtt");
  return mqtt.connect(options);
};
