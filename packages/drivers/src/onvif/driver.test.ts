import { silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { describe, it } from "vitest";
import { startVirtualCamera } from "../../testing/virtual-camera.ts";
import { onvifDriver } from "./driver.ts";

const user = { username: "viewer", password: "pässwörd" };

for (const login of ["wsSecurity", "digest"] as const) {
  describe(`the onvif driver with a camera that wants ${login}`, () => {
    driverContract(it, async () => {
      const camera = await startVirtualCamera({ user, login });
      const point = (id: string, address: string) => ({
        id: `gate/${id}`,
        address: onvifDriver.addressSchema.parse({ address }),
        device: undefined,
      });
      return {
        driver: onvifDriver,
        context: {
          clock: systemClock,
          log: silentLog,
          signal: new AbortController().signal,
          directory: "",
        },
        config: onvifDriver.configSchema.parse({
          host: "127.0.0.1",
          port: camera.port,
          ...user,
          timeout: 1000,
        }),
        points: [
          point("motion", "event:motion"),
          point("picture", "snapshot:sub"),
          point("serial", "device:serial"),
          point("offset", "device:clock-offset"),
        ],
        pointRefusedByDevice: point("third", "snapshot:no-such-profile"),
        cutLine: () => camera.stop(),
        tearDown: () => camera.stop(),
      };
    });
  });
}
