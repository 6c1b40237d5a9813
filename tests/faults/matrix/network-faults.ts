import type { ChaosProxy, Weather } from "../chaos/chaos-proxy.ts";
import {
  doublesPubacks,
  flipsBits,
  losesPubacks,
  refusesBySay,
  swapsPubacks,
} from "../chaos/weathers.ts";
import { BROKERS } from "../peers/brokers.ts";
import type { Cell } from "./cell.ts";
import { again, type Fault, pause } from "./fault.ts";
import type { Rig } from "./rig.ts";

const QUOTA_EXCEEDED = 151;

const proxiesOf = ({ gatewayProxy, receiverProxy }: Rig) => [gatewayProxy, receiverProxy];

/** A weather on both sides for the whole time; counts the packets it did not let pass as is. */
async function weathered(rig: Rig, seconds: number, weather: Weather): Promise<number> {
  let strikes = 0;
  for (const proxy of proxiesOf(rig)) {
    proxy.weather = (packet, link, way) => {
      const out = weather(packet, link, way);
      if (out.length !== 1 || out[0] !== packet.bytes) strikes++;
      return out;
    };
  }
  await pause(1000 * seconds);
  for (const proxy of proxiesOf(rig)) proxy.calm();
  return strikes;
}

/** Something done to the connections of both sides now and then. */
function toLinks(rig: Rig, seconds: number, deed: (proxy: ChaosProxy) => void): Promise<number> {
  return again(rig, { seconds, pauseMsMax: 4000 }, () => {
    for (const proxy of proxiesOf(rig)) if (rig.rng.chance(0.7)) deed(proxy);
  });
}

/** A message whose topic or packet id was damaged is acknowledged by a broker that cannot know. */
function damagedUnseen({ mode }: Cell): string {
  if (mode === "receiver") return "";
  return "a broker acknowledges what arrives damaged, and nobody asks for it again";
}

export const NETWORK_FAULTS: Readonly<Record<string, Fault>> = {
  none: {
    about: "nothing goes wrong",
    strike: (_rig, seconds) => pause(1000 * seconds).then(() => 0),
  },
  "pubacks lost": {
    about: "one PUBACK in ten is lost, at both ends",
    strike: (rig, seconds) => weathered(rig, seconds, losesPubacks(rig.rng, 0.1)),
  },
  "pubacks twice": {
    about: "half of the PUBACKs come twice",
    strike: (rig, seconds) => weathered(rig, seconds, doublesPubacks(rig.rng, 0.5)),
  },
  "pubacks swapped": {
    about: "PUBACKs overtake each other",
    strike: (rig, seconds) => weathered(rig, seconds, swapsPubacks(rig.rng, 0.3)),
  },
  "bits flipped": {
    about: "one packet in ten has a flipped bit in its header, topic or data",
    strike: (rig, seconds) => weathered(rig, seconds, flipsBits(rig.rng, 0.1)),
    notPromised: damagedUnseen,
  },
  "quota exceeded": {
    about: "the broker refuses half of the data with reason code 151",
    strike: (rig, seconds) => weathered(rig, seconds, refusesBySay(rig.rng, 0.5, QUOTA_EXCEEDED)),
    isPossible: ({ broker, format }) => BROKERS[broker].protocol === "5" && format !== "json",
  },
  stalls: {
    about: "connections stand still for 1 to 5 s and go on",
    strike: (rig, seconds) =>
      toLinks(rig, seconds, (proxy) => {
        const untilMs = performance.now() + rig.rng.between(1000, 5000);
        for (const link of proxy.links) link.stalledUntilMs = untilMs;
      }),
  },
  "half-open": {
    about: "connections go silent without an end, new ones work",
    strike: (rig, seconds) =>
      toLinks(rig, seconds, (proxy) => {
        for (const link of proxy.links) link.isMute = true;
      }),
  },
  resets: {
    about: "connections end with a reset",
    strike: (rig, seconds) =>
      toLinks(rig, seconds, (proxy) => {
        for (const link of proxy.links) link.reset();
      }),
  },
  "thin line": {
    about: "6 kB/s in small pieces",
    async strike(rig, seconds) {
      for (const proxy of proxiesOf(rig)) proxy.bytesPerSecond = 6000;
      await pause(1000 * seconds);
      for (const proxy of proxiesOf(rig)) proxy.calm();
      return 1;
    },
  },
  "split packets": {
    about: "packets arrive in pieces of any size, several together",
    async strike(rig, seconds) {
      for (const proxy of proxiesOf(rig)) proxy.isSplitting = true;
      await pause(1000 * seconds);
      for (const proxy of proxiesOf(rig)) proxy.calm();
      return 1;
    },
  },
};
