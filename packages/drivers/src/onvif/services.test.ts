import { describe, expect, it } from "vitest";
import { reachableUrl } from "./services.ts";

const ours = new URL("http://gate.example:8080/onvif/device_service");

describe("addresses that a camera gives", () => {
  it.each([
    [
      "of a former network",
      "http://10.0.0.5/onvif/media",
      "http://10.0.0.5/onvif/device",
      "http://gate.example:8080/onvif/media",
    ],
    [
      "on a port of its own",
      "http://10.0.0.5:88/s?id=1",
      "http://10.0.0.5/onvif/device",
      "http://gate.example:88/s?id=1",
    ],
    [
      "without a known device",
      "http://10.0.0.5/onvif/media",
      undefined,
      "http://gate.example:8080/onvif/media",
    ],
    [
      "as a path",
      "/onvif/events",
      "http://gate.example:8080/d",
      "http://gate.example:8080/onvif/events",
    ],
  ])("%s are made reachable", (_, given, device, expected) => {
    expect(reachableUrl(given, device, ours).href).toBe(expected);
  });
});
