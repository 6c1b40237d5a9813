import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import type { Camera } from "./camera.ts";
import { createPullPoint } from "./pull-point.ts";
import { parseXml } from "./xml.ts";

const signal = new AbortController().signal;

/** A camera that grants ten seconds from each request on, or what `grantsMs` says. */
function scripted(clock: SimClock, grantsMs: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  const camera: Camera = {
    name: "camera test",
    deviceUrl: new URL("http://camera/"),
    login: { send: () => Promise.reject(new Error("unused")) },
    clockOffsetMs: () => 0,
    refreshClock: async () => 0,
    async call({ name, url }) {
      asked.push(name);
      expect(url.href).toContain("camera");
      // The camera's clock is years off; only the difference counts.
      const nowMs = clock.monotonicMs();
      const endsMs = nowMs + (grantsMs[name] ?? 10_000);
      return parseXml(
        `<${name}Response><SubscriptionReference><Address>http://camera/1</Address>` +
          `</SubscriptionReference><CurrentTime>${new Date(nowMs).toISOString()}</CurrentTime>` +
          `<TerminationTime>${new Date(endsMs).toISOString()}</TerminationTime></${name}Response>`,
      );
    },
  };
  return { camera, asked };
}

async function open(grantsMs: Readonly<Record<string, number>> = {}) {
  const clock = new SimClock();
  const { camera, asked } = scripted(clock, grantsMs);
  const place = { eventsUrl: camera.deviceUrl, reach: (a: string) => new URL(a), clock };
  return { clock, asked, pullPoint: await createPullPoint(camera, place, signal) };
}

describe("a pull point", () => {
  it("is renewed when half of what the camera granted is over", async () => {
    const { clock, asked, pullPoint } = await open();
    await clock.advance(4900);
    await pullPoint.renewIfDue(signal);
    expect(asked).toEqual(["CreatePullPointSubscription"]);
    await clock.advance(100);
    await pullPoint.renewIfDue(signal);
    await pullPoint.renewIfDue(signal);
    expect(asked).toEqual(["CreatePullPointSubscription", "Renew"]);
  });

  it("is not renewed while pulling extends it", async () => {
    const { clock, asked, pullPoint } = await open({ PullMessages: 20_000 });
    for (let round = 0; round < 10; round++) {
      await clock.advance(4000);
      await pullPoint.renewIfDue(signal);
      await pullPoint.pull(1000, signal);
    }
    expect(asked).not.toContain("Renew");
  });

  it("does not believe a pull that says its life is over", async () => {
    const { asked, pullPoint } = await open({ PullMessages: 0 });
    await pullPoint.pull(1000, signal);
    await pullPoint.renewIfDue(signal);
    expect(asked).toEqual(["CreatePullPointSubscription", "PullMessages"]);
  });
});
