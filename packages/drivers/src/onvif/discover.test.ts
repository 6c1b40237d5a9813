import { createSocket } from "node:dgram";
import { once } from "node:events";
import { silentLog, systemClock } from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualCamera } from "../../testing/virtual-camera.ts";
import { addressesIn, askCamera, probeNetwork } from "./discover.ts";

const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const match = (addresses: string) =>
  '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" ' +
  'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body><d:ProbeMatches>' +
  `<d:ProbeMatch><d:XAddrs>${addresses}</d:XAddrs></d:ProbeMatch>` +
  "</d:ProbeMatches></e:Body></e:Envelope>";

describe("an answer to a call for cameras", () => {
  it.each([
    [
      "one address",
      match("http://10.0.0.7/onvif/device_service"),
      ["http://10.0.0.7/onvif/device_service"],
    ],
    [
      "the most useful of several",
      match("http://[fe80::1]/a http://169.254.1.2/b http://10.0.0.7:8080/c"),
      ["http://10.0.0.7:8080/c"],
    ],
    ["no address", match(""), []],
    ["rubbish as an address", match("nonsense http://"), []],
    ["the call itself", "<a><Body><Probe/></Body></a>", []],
    ["no XML", "hello", []],
  ])("%s", (_name, text, urls) => {
    expect(addressesIn(text).map(({ href }) => href)).toEqual(urls);
  });

  it("is heard from whoever answers, once", async () => {
    const responder = createSocket("udp4");
    endings.push(async () => {
      responder.close();
      await once(responder, "close");
    });
    const calls: string[] = [];
    responder.on("message", (bytes, { address, port }) => {
      calls.push(bytes.toString());
      responder.send("noise", port, address);
      responder.send(match("http://127.0.0.1:81/onvif"), port, address);
    });
    responder.bind(0, "127.0.0.1");
    await once(responder, "listening");
    const to = { host: "127.0.0.1", port: responder.address().port };
    const found = await probeNetwork({ interfaceAddress: "127.0.0.1", waitMs: 1200, to }, context);
    expect(found.map(({ href }) => href)).toEqual(["http://127.0.0.1:81/onvif"]);
    expect(calls[0]).toContain("<d:Types>dn:NetworkVideoTransmitter</d:Types>");
  });

  it("cannot be had from an address of another machine", async () => {
    const probe = probeNetwork({ interfaceAddress: "192.0.2.1", waitMs: 100 }, context);
    await expect(probe).rejects.toThrow(/^probe from 192\.0\.2\.1: .*check that it is an address/);
  });
});

describe("a camera that is asked", () => {
  const ask = async (options: ConstructorParameters<typeof VirtualCamera>[0]) => {
    const camera = await new VirtualCamera(options).start();
    endings.push(() => camera.stop());
    const url = new URL(`http://${camera.host}:${camera.port}/onvif/device_service`);
    return await askCamera({ url, timeoutMs: 20_000 }, context);
  };

  it("tells its maker and model where it is open", async () => {
    const found = await ask({});
    expect(found).toMatchObject({ needsLogin: false, path: "/onvif/device_service" });
    expect(found?.manufacturer).not.toBe("");
    expect(found?.model).not.toBe("");
  });

  it("says that it wants a login where it does", async () => {
    const found = await ask({ user: { username: "viewer", password: "s3cret" } });
    expect(found).toMatchObject({ needsLogin: true, name: "" });
  });
});
