import type { Driver } from "@headgate/model";
import { certificateInbox } from "./certificate-inbox.ts";
import {
  type Address,
  addressSchema,
  type Config,
  configSchema,
  type Device,
  deviceSchema,
} from "./settings.ts";

/** OPC UA over opc.tcp. Its library costs 90 MB: the first `open` loads it, in its own thread. */
export const opcuaDriver: Driver<Config, Address, Device> = {
  type: "opcua",
  configSchema,
  deviceSchema,
  addressSchema,
  certificates: certificateInbox,
  wantsHistory: (address, device) => address.history ?? device.history,
  open: async (config, context) =>
    (await import("./thread/open-in-thread.ts")).openInThread(config, context),
};
