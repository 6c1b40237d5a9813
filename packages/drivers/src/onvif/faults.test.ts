import {
  type Connection,
  type Context,
  Misconfigured,
  type Sample,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualCamera, type VirtualCameraOptions } from "../../testing/virtual-camera.ts";
import type { Address } from "./address.ts";
import { onvifDriver } from "./driver.ts";

const user = { username: "viewer", password: "s3cret" };
const signal = new AbortController().signal;
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };
const soon = { timeout: 5000 };
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function started(options: VirtualCameraOptions = {}): Promise<VirtualCamera> {
  const camera = await new VirtualCamera({ user, ...options }).start();
  endings.push(() => camera.stop());
  return camera;
}

async function opened(
  camera: VirtualCamera,
  settings: object = {},
  lent: Context = context,
): Promise<Connection<Address>> {
  const config = { host: camera.host, port: camera.port, timeout: 700, ...user, ...settings };
  const connection = await onvifDriver.open(onvifDriver.configSchema.parse(config), lent);
  endings.push(() => connection.close());
  return connection;
}

function points(...addresses: string[]) {
  return addresses.map((address) => ({
    id: `gate/${address.replace(":", "-")}`,
    address: onvifDriver.addressSchema.parse({ address }),
    device: undefined,
  }));
}

function subscribed(connection: Connection<Address>, ...addresses: string[]) {
  const samples: Sample[] = [];
  const ending = new AbortController();
  const emit = (more: Sample[]) => void samples.push(...more);
  const outcome = connection
    .subscribe?.(points(...addresses), emit, ending.signal)
    .then(() => "resolved" as const)
    .catch((error: unknown) => error);
  return { samples, outcome, end: () => ending.abort() };
}

describe("several subscriptions", () => {
  it("share one place in the camera, and each hears of all its events", async () => {
    const camera = await started();
    const connection = await opened(camera);
    const one = subscribed(connection, "event:motion");
    const other = subscribed(connection, "event:motion");
    const values = ({ samples }: typeof one) => samples.map(({ value }) => value);
    for (const isMoving of [true, false, true, false]) {
      const count = other.samples.length;
      camera.setMotion(isMoving);
      await expect.poll(() => other.samples.length, soon).toBeGreaterThan(count);
      await expect.poll(() => values(one).at(-1), soon).toBe(isMoving);
    }
    expect(values(one)).toEqual(values(other));
    one.end();
    expect(await one.outcome).toBe("resolved");
    camera.setMotion(true);
    await expect.poll(() => values(other).at(-1), soon).toBe(true);
    other.end();
    expect(await other.outcome).toBe("resolved");
  });

  it("say of what is no event that it cannot be pushed", async () => {
    const connection = await opened(await started());
    const { samples, end, outcome } = subscribed(connection, "snapshot:main");
    expect(samples).toMatchObject([{ quality: "bad", reason: expect.stringContaining("every") }]);
    end();
    expect(await outcome).toBe("resolved");
  });
});

describe("the login", () => {
  it.each(["wsSecurity", "digest"] as const)(
    "a wrong password is for a person (%s)",
    async (login) => {
      const camera = await started({ login });
      const opening = opened(camera, { password: "wrong" });
      await expect(opening).rejects.toThrow(/not authorized user "viewer": check name, password/);
      await expect(opening).rejects.toBeInstanceOf(Misconfigured);
    },
  );

  it("a camera whose clock says 1970 lets us in, also after its clock was set", async () => {
    const camera = await started({ clockOffsetMs: -Date.now() });
    const connection = await opened(camera);
    const asked = points("device:model", "device:clock-offset");
    const [, offset] = await connection.read(asked, signal);
    expect(Number(offset?.value)).toBeCloseTo(-Date.now(), -4);
    camera.clockOffsetMs = 0;
    const [model] = await connection.read(points("device:model"), signal);
    expect(model).toMatchObject({ quality: "good", value: "Virtual camera" });
  });

  it("a camera without a user wants none", async () => {
    const camera = new VirtualCamera();
    await camera.start();
    endings.push(() => camera.stop());
    const connection = await opened(camera, { username: undefined, password: undefined });
    const samples = [...(await connection.read(points("device:model", "snapshot:main"), signal))];
    expect(samples.map(({ quality }) => quality)).toEqual(["good", "good"]);
  });
});

describe("what a camera is", () => {
  it("is told as written, digits too", async () => {
    const connection = await opened(await started());
    const samples = [
      ...(await connection.read(
        points("device:firmware", "device:serial", "device:hardware"),
        signal,
      )),
    ];
    expect(samples.map(({ value }) => value)).toEqual(["1.10", "12345678901234567890", "007"]);
  });
});

describe("pictures", () => {
  it("come with bytes and a name that is the value", async () => {
    const camera = await started({ login: "digest" });
    const connection = await opened(camera);
    const [main, sub] = await connection.read(points("snapshot:main", "snapshot:sub"), signal);
    expect(main?.value).toMatch(/^gate\/snapshot-main\/\d{8}T\d{6}\.\d{3}Z\.jpg$/);
    if (main?.quality === "bad" || sub?.quality === "bad") throw new Error("no picture");
    expect(main?.media).toMatchObject({ name: main?.value, contentType: "image/jpeg" });
    expect(main?.media?.bytes.length).toBeGreaterThan(2 * (sub?.media?.bytes.length ?? 0));
    // One challenge for both pictures.
    expect(camera.requestCounts.get("GET")).toBeLessThanOrEqual(3);
  });

  it.each([
    ["never end", { snapshotNeverEnds: true }, "timeout after 700 ms"],
    ["are too large", { snapshotPaddingBytes: 300_000 }, "larger than 200000 bytes"],
    ["are cut", { snapshotIsCut: true }, "JPEG cut short"],
    ["are not there", { snapshotStatus: 503 }, "http 503"],
  ])("that %s are bad and spoil no other point", async (_, faults, reason) => {
    const camera = await started();
    const connection = await opened(camera, { snapshotBytesMax: 200_000 });
    const asked = points("snapshot:main", "device:model");
    Object.assign(camera.faults, faults);
    const [picture, model] = await connection.read(asked, signal);
    expect(picture).toMatchObject({ quality: "bad", reason: expect.stringContaining(reason) });
    expect(model?.quality).toBe("good");
    Object.assign(camera.faults, new VirtualCamera().faults);
    expect((await connection.read(asked, signal)).at(0)?.quality).toBe("good");
  });

  it("are fetched from where the config says", async () => {
    const camera = await started({ snapshotUri: "http://127.0.0.1:9/wrong.jpg" });
    const [wrong] = await (await opened(camera)).read(points("snapshot:main"), signal);
    expect(wrong).toMatchObject({ quality: "bad", reason: /connection refused/ });
    const right = await opened(camera, { snapshotUri: { main: "/snapshot.jpg" } });
    expect((await right.read(points("snapshot:main"), signal)).at(0)?.quality).toBe("good");
  });
});

describe("events", () => {
  it("tell states first, then each change; the place in the camera is given back", async () => {
    const camera = await started({ clockOffsetMs: 3_600_000 });
    const connection = await opened(camera);
    const { samples, outcome, end } = subscribed(connection, "event:motion", "event:digital-input");
    await expect.poll(() => samples.length, soon).toBe(2);
    expect(samples.map(({ value }) => value)).toEqual([false, false]);
    camera.setMotion(true);
    camera.setMotion(false);
    camera.setDigitalInput(true);
    await expect.poll(() => samples.length, soon).toBe(5);
    expect(samples.slice(2).map(({ pointId, value }) => [pointId, value])).toEqual([
      ["gate/event-motion", true],
      ["gate/event-motion", false],
      ["gate/event-digital-input", true],
    ]);
    // The camera's clock is an hour fast; the samples' is not.
    for (const { timestampMs } of samples) expect(Date.now() - timestampMs).toBeLessThan(5000);
    const [state] = await connection.read(points("event:digital-input"), signal);
    expect(state).toMatchObject({ quality: "good", value: true });
    expect(camera.subscriptionCount).toBe(1);
    end();
    expect(await outcome).toBe("resolved");
    expect(camera.subscriptionCount).toBe(0);
  });

  it.each([
    ["an answer cut short", "cutsPullMessages"],
    ["an odd answer", "answersPullMessagesOddly"],
  ] as const)("%s ends the subscription, once", async (_, fault) => {
    const camera = await started();
    const { samples, outcome } = subscribed(await opened(camera), "event:motion");
    await expect.poll(() => samples.length, soon).toBe(1);
    camera.faults[fault] = true;
    camera.setMotion(true);
    expect(await outcome).toBeInstanceOf(Unreachable);
    expect(camera.requestCounts.get("PullMessages")).toBeLessThanOrEqual(3);
    expect(camera.requestCounts.get("CreatePullPointSubscription")).toBe(1);
    expect(camera.subscriptionCount).toBe(0);
  });

  it.each([
    ["a restart of the camera", "reboot"],
    ["a dead camera", "stop"],
  ] as const)("%s ends the subscription, once", async (_, act) => {
    const camera = await started();
    const { samples, outcome } = subscribed(await opened(camera), "event:motion");
    await expect.poll(() => samples.length, soon).toBe(1);
    await camera[act]();
    expect(await outcome).toBeInstanceOf(Unreachable);
    expect(camera.requestCounts.get("PullMessages")).toBeLessThanOrEqual(3);
    expect(camera.requestCounts.get("CreatePullPointSubscription")).toBe(1);
  });

  it("a camera that does not wait is not asked without pause", async () => {
    const camera = await started();
    camera.faults.pullsWithoutWaiting = true;
    const { outcome, end } = subscribed(await opened(camera), "event:motion");
    await systemClock.sleep(1500, signal);
    end();
    expect(await outcome).toBe("resolved");
    expect(camera.requestCounts.get("PullMessages")).toBeLessThanOrEqual(3);
  });

  it("a refused subscription costs the events alone, and ends a minute later", async () => {
    const camera = await started();
    camera.faults.refusesSubscriptions = true;
    const clock = new SimClock(Date.now());
    const connection = await opened(camera, {}, { ...context, clock });
    const { samples, outcome } = subscribed(connection, "event:motion");
    await expect.poll(() => samples.length, soon).toBe(1);
    expect(samples[0]).toMatchObject({ quality: "bad", reason: /No more subscriptions/ });
    const [motion, picture] = await connection.read(points("event:motion", "snapshot:sub"), signal);
    expect(motion).toMatchObject({ quality: "bad", reason: /No more subscriptions/ });
    expect(picture?.quality).toBe("good");
    await clock.advance(60_000);
    expect(await outcome).toBeInstanceOf(Unreachable);
  });

  it("a camera without events has bad event points and good others", async () => {
    const connection = await opened(await started({ services: ["media2"] }));
    const asked = points("event:motion", "snapshot:main", "device:serial");
    const samples = [...(await connection.read(asked, signal))];
    expect(samples.map(({ quality }) => quality)).toEqual(["bad", "good", "good"]);
    expect(samples[0]).toMatchObject({ reason: "camera offers no events service" });
  });

  it("motion is presumed over unless the camera confirms it", async () => {
    const dull = await started();
    const keen = await started();
    dull.faults.refusesSynchronization = true;
    const [lost, kept] = await Promise.all(
      [dull, keen].map(async (camera) => {
        const connection = await opened(camera, { eventDeadman: "2 s", pullTimeout: "1 s" });
        const subscription = subscribed(connection, "event:motion");
        await expect.poll(() => subscription.samples.length, soon).toBe(1);
        camera.setMotion(true);
        await systemClock.sleep(4500, signal);
        return subscription.samples.map(({ quality, value }) => `${quality} ${value}`);
      }),
    );
    expect(lost).toEqual(["bad null", "good true", "uncertain false"]);
    expect(kept).toEqual(["good false", "good true"]);
  });
});

describe("a camera that answers nothing", () => {
  it("is unreachable in its own time", async () => {
    const camera = await started();
    camera.faults.isSilent = true;
    const startedAtMs = Date.now();
    const opening = opened(camera);
    await expect(opening).rejects.toBeInstanceOf(Unreachable);
    await expect(opening).rejects.toThrow(
      /GetSystemDateAndTime at camera .*: timeout after 700 ms/,
    );
    expect(Date.now() - startedAtMs).toBeLessThan(2000);
  });

  it("ends an open attempt and a read when asked to", async () => {
    const camera = await started();
    const connection = await opened(camera, { timeout: "20 s" });
    camera.faults.isSilent = true;
    const stop = new AbortController();
    const reading = connection.read(points("device:model"), stop.signal);
    const opening = opened(camera, { timeout: "20 s" }, { ...context, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(reading).rejects.toBeInstanceOf(Unreachable);
    await expect(opening).rejects.toBeInstanceOf(Unreachable);
  });
});
