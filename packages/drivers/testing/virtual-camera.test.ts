import { createRequire } from "node:module";
import jpeg from "jpeg-js";
import { afterEach, describe, expect, it } from "vitest";
import { startVirtualCamera, type VirtualCamera } from "./virtual-camera.ts";

// A client that was not written here, so that the camera and our driver do not err alike.
interface Client {
  readonly connect: (callback: (error: unknown) => void) => void;
  readonly getDeviceInformation: (callback: Callback) => void;
  readonly getSnapshotUri: Call;
  readonly createPullPointSubscription: (callback: Callback) => void;
  readonly pullMessages: Call;
  readonly renew: Call;
  readonly unsubscribe: (callback: Callback) => void;
  readonly profiles: readonly { $: { token: string } }[];
}
type Callback = (error: unknown, result: Answer, xml: string) => void;
type Call = (options: object, callback: Callback) => void;
interface Answer {
  readonly uri?: string;
  readonly notificationMessage?: { message: { message: { data: { simpleItem: unknown } } } };
}

const { Cam } = createRequire(import.meta.url)("onvif") as {
  Cam: new (options: object) => Client;
};
const user = { username: "viewer", password: "s3cret" };
let camera: VirtualCamera;

afterEach(() => camera.stop());

async function connected(login: "wsSecurity" | "digest", password = user.password) {
  camera = await startVirtualCamera({ user, login });
  const client = new Cam({
    hostname: camera.host,
    port: camera.port,
    username: user.username,
    password,
    useWSSecurity: login === "wsSecurity",
    autoconnect: false,
    timeout: 2000,
  });
  await new Promise<void>((resolve, reject) => {
    client.connect((error) => (error ? reject(error) : resolve()));
  });
  return client;
}

const ask = (call: (callback: Callback) => void) =>
  new Promise<Answer & { xml: string }>((resolve, reject) => {
    call((error, result, xml) => (error ? reject(error) : resolve({ ...result, xml })));
  });

describe("the virtual camera, asked by another client", () => {
  it.each(["wsSecurity", "digest"] as const)("tells what it has (%s)", async (login) => {
    const client = await connected(login);
    expect(client.profiles.map(({ $ }) => $.token)).toEqual(["profile_1", "profile_2"]);
    const { xml } = await ask((done) => client.getDeviceInformation(done));
    expect(xml).toContain("12345678901234567890");
    const { uri } = await ask((done) => client.getSnapshotUri({ profileToken: "profile_2" }, done));
    expect(uri).toBe(`http://127.0.0.1:${camera.port}/snapshot.jpg?profile=profile_2`);
  });

  it("has events", async () => {
    const client = await connected("wsSecurity");
    await ask((done) => client.createPullPointSubscription(done));
    expect(camera.subscriptionCount).toBe(1);
    const pulling = ask((done) => client.pullMessages({}, done));
    camera.setMotion(true);
    const { notificationMessage } = await pulling;
    expect(notificationMessage?.message.message.data.simpleItem).toEqual({
      $: { Name: "IsMotion", Value: true },
    });
    await ask((done) => client.renew({}, done));
    await ask((done) => client.unsubscribe(done));
    expect(camera.subscriptionCount).toBe(0);
  });

  it("keeps others out", async () => {
    await expect(connected("wsSecurity", "wrong")).resolves.toMatchObject({ profiles: [] });
    const page = await fetch(`http://127.0.0.1:${camera.port}/snapshot.jpg`);
    expect(page.status).toBe(401);
    expect(page.headers.get("www-authenticate")).toContain("Digest");
  });
});

describe("the picture of the virtual camera", () => {
  it("is a JPEG of its profile's size, and never the same twice", async () => {
    camera = await startVirtualCamera();
    const first = camera.picture("profile_1");
    expect(jpeg.decode(first)).toMatchObject({ width: 1280, height: 720 });
    expect(jpeg.decode(camera.picture("profile_2"))).toMatchObject({ width: 640, height: 360 });
    camera.clockOffsetMs += 200;
    expect(camera.picture("profile_1").equals(first)).toBe(false);
  });
});
