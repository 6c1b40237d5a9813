import type { Driver } from "@headgate/model";
import { type Address, addressSchema } from "./address.ts";
import { type Config, configSchema } from "./config.ts";

/** A picture each second would fill any link; what a camera is hardly ever changes. */
const CADENCE_MS = { snapshot: 5 * 60_000, device: 60 * 60_000 } as const;

/** Cameras by ONVIF: their events, their pictures, and what they are. */
export const onvifDriver: Driver<Config, Address> = {
  type: "onvif",
  configSchema,
  addressSchema,
  cadence: (address) => (address.kind === "event" ? "pushed" : CADENCE_MS[address.kind]),
  async open(config, context) {
    const { openCamera } = await import("./connection.ts");
    return openCamera(config, context);
  },
};
