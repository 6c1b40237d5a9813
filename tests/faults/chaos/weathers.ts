import type { Rng } from "../../simulation/rng.ts";
import type { Weather } from "./chaos-proxy.ts";
import type { Packet } from "./packets.ts";

/** PUBACKs get lost on their way. */
export function losesPubacks(rng: Rng, chance: number): Weather {
  return ({ name, bytes }) => (name === "puback" && rng.chance(chance) ? [] : [bytes]);
}

/** PUBACKs come twice. */
export function doublesPubacks(rng: Rng, chance: number): Weather {
  return ({ name, bytes }) => (name === "puback" && rng.chance(chance) ? [bytes, bytes] : [bytes]);
}

/** A PUBACK waits for the next one and goes behind it. */
export function swapsPubacks(rng: Rng, chance: number): Weather {
  return ({ name, bytes }, link, way) => {
    if (name !== "puback" || way !== "down") return [bytes];
    if (link.held) {
      const { held } = link;
      link.held = null;
      return [bytes, held];
    }
    if (!rng.chance(chance)) return [bytes];
    link.held = bytes;
    return [];
  };
}

/** Bits flip in headers, topics and data; not in what a receiver says, which has no hash. */
export function flipsBits(rng: Rng, chance: number): Weather {
  return (packet) => {
    if (packet.name === "connect" || !rng.chance(chance)) return [packet.bytes];
    const end = /\/d\//.test(packet.topic) ? packet.bytes.length : headerEnd(packet);
    const damaged = Buffer.from(packet.bytes);
    const at = rng.between(0, end - 1);
    damaged[at] = (damaged[at] as number) ^ (1 << rng.between(0, 7));
    return [damaged];
  };
}

function headerEnd({ name, bytes, idAt }: Packet): number {
  return name === "publish" ? Math.max(2, idAt) : Math.min(2, bytes.length);
}

/** The broker is full, again and again: what is published is not taken. MQTT 5 only. */
export function refusesBySay(rng: Rng, chance: number, reasonCode: number): Weather {
  return (packet, link, way) => {
    const { bytes, idAt, topic } = packet;
    const isData = way === "up" && packet.name === "publish" && /\/d\//.test(topic) && idAt > 0;
    if (!isData || !rng.chance(chance)) return [bytes];
    const id = bytes.subarray(idAt, idAt + 2);
    link.send("down", Buffer.concat([Buffer.from([0x40, 3]), id, Buffer.from([reasonCode])]));
    return [];
  };
}
