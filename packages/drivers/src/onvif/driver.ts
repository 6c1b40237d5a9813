import type { Driver } from "@headgate/model";
import { type Address, addressSchema } from "./address.ts";
import { type Config, configSchema } from "./config.ts";

/** Cameras by ONVIF: their events, their pictures, and what they are. */
export const onvifDriver: Driver<Config, Address> = {
  type: "onvif",
  configSchema,
  addressSchema,
  isPushed: ({ kind }) => kind === "event",
  async open(config, context) {
    const { openCamera } = await import("./connection.ts");
    return openCamera(config, context);
  },
};
