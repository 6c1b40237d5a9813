export { type MqttConfig, mqttConfigSchema } from "./config.ts";
export { mqttUplink } from "./mqtt-uplink.ts";
