import { builtinDrivers } from "@headgate/drivers";
import type { Catalogue } from "./config/config.ts";

/** What the box offers to a config file, loaded when it is named. */
export const catalogue: Catalogue = {
  drivers: builtinDrivers,
  uplinks: {
    mqtt: async () => (await import("@headgate/sync/uplink")).mqttUplink,
  },
};
