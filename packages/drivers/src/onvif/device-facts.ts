import { Refused } from "@headgate/model";
import type { DeviceFact } from "./address.ts";
import { type Camera, deviceOperation } from "./camera.ts";
import { textAt, type XmlElement } from "./xml.ts";

/** What a camera tells of itself, asked at most once between two calls of `forget`. */
export interface Facts {
  /** Text exactly as the camera wrote it; the clock offset in ms (camera minus ours). */
  read(fact: DeviceFact, signal: AbortSignal): Promise<string | number>;
  forget(): void;
}

const ELEMENTS: Readonly<Record<Exclude<DeviceFact, "clock-offset">, string>> = {
  manufacturer: "Manufacturer",
  model: "Model",
  firmware: "FirmwareVersion",
  serial: "SerialNumber",
  hardware: "HardwareId",
};

/** Facts of which none is known yet. */
export function createFacts(camera: Camera): Facts {
  let asked: Promise<XmlElement> | undefined;
  let offset: Promise<number> | undefined;
  return {
    async read(fact, signal) {
      if (fact === "clock-offset") {
        offset ??= camera.refreshClock(signal);
        return offset;
      }
      asked ??= camera.call(deviceOperation(camera.deviceUrl, "GetDeviceInformation"), signal);
      const text = textAt(await asked, ELEMENTS[fact]);
      if (!text) throw new Refused(`camera does not tell its ${fact}`);
      return text;
    },
    forget() {
      asked = undefined;
      offset = undefined;
    },
  };
}
