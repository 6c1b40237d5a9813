import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import type { PhysicalWire, SerialSettings } from "./physical-wire.ts";
import { SharedWire } from "./shared-wire.ts";

const slow: SerialSettings = { baudRate: 2400, parity: "even", dataBits: 8, stopBits: 1 };
const fast: SerialSettings = { baudRate: 9600, parity: "none", dataBits: 8, stopBits: 1 };

/** A port that tells what was done to it, in order. */
class NotedWire implements PhysicalWire {
  readonly notes: string[] = [];
  isStuck = false;
  onBytes: (bytes: Buffer) => void = () => {};
  onLost: (why: string) => void = () => {};

  write(bytes: Buffer): void {
    this.notes.push(`write ${bytes.toString("hex")}`);
  }

  listen(onBytes: (bytes: Buffer) => void, onLost: (why: string) => void): void {
    this.onBytes = onBytes;
    this.onLost = onLost;
  }

  async apply({ baudRate }: SerialSettings): Promise<void> {
    if (this.isStuck) throw new Error("no such rate");
    this.notes.push(`set ${baudRate}`);
  }

  async close(): Promise<void> {
    this.notes.push("close");
  }
}

function setUp() {
  const clock = new SimClock();
  const physical = new NotedWire();
  let endCount = 0;
  const shared = new SharedWire({ physical, clock, onEnd: () => endCount++ });
  const join = (name: string, settings: SerialSettings | null, quietMs = 0) => {
    const wire = shared.attach({ settings, quietMs });
    const heard: string[] = [];
    const lost: string[] = [];
    wire.listen(
      (bytes) => heard.push(bytes.toString("hex")),
      (why) => lost.push(why),
    );
    const takeTurn = () => (wire.takeTurn as () => Promise<() => void>)();
    const say = () => wire.write(Buffer.from(name));
    return { wire, heard, lost, takeTurn, say };
  };
  return { clock, physical, join, endCount: () => endCount };
}

describe("a wire that channels share", () => {
  it("gives turns in order of call, each with its own line settings", async () => {
    const { physical, join } = setUp();
    const meters = join("m", slow);
    const bus = join("b", fast);
    const first = await meters.takeTurn();
    const order: string[] = [];
    const second = bus.takeTurn().then((end) => {
      order.push("bus");
      bus.say();
      return end;
    });
    const third = meters.takeTurn().then((end) => {
      order.push("meters");
      meters.say();
      return end;
    });
    meters.say();
    first();
    (await second)();
    (await third)();
    expect(order).toEqual(["bus", "meters"]);
    expect(physical.notes).toEqual([
      "set 2400",
      "write 6d",
      "set 9600",
      "write 62",
      "set 2400",
      "write 6d",
    ]);
  });

  it("gives bytes to whoever has the turn, and those of nobody to all as traffic", async () => {
    const { physical, join } = setUp();
    const meters = join("m", slow);
    const bus = join("b", fast);
    const end = await meters.takeTurn();
    physical.onBytes(Buffer.from("01", "hex"));
    end();
    physical.onBytes(Buffer.from("02", "hex"));
    expect([meters.heard, bus.heard]).toEqual([["01", "02"], ["02"]]);
  });

  it("lets the line rest before another channel speaks", async () => {
    const { clock, join } = setUp();
    const meters = join("m", slow, 30);
    const bus = join("b", fast, 50);
    const taken = meters.takeTurn();
    await clock.advance(30);
    const end = await taken;
    meters.say();
    await clock.advance(20);
    end();
    let isTaken = false;
    const next = bus.takeTurn().then(() => {
      isTaken = true;
    });
    await clock.advance(29);
    expect(isTaken).toBe(false);
    await clock.advance(1);
    await next;
    expect(isTaken).toBe(true);
  });

  it("is closed by the last one, and a socket by one whose request had no answer", async () => {
    const calm = setUp();
    const a = calm.join("a", slow);
    const b = calm.join("b", slow);
    a.wire.destroy();
    a.wire.destroy();
    expect(calm.physical.notes).toEqual([]);
    b.wire.destroy();
    expect(calm.physical.notes).toEqual(["close"]);
    expect([a.lost, b.lost]).toEqual([[], []]);

    const socket = setUp();
    const mute = socket.join("a", null);
    const other = socket.join("b", null);
    await mute.takeTurn();
    mute.say();
    mute.wire.destroy();
    expect(other.lost).toEqual(["nobody answered another channel's request"]);
    expect(socket.endCount()).toBe(1);
  });

  it("tells everyone when it is lost, and wakes who waits", async () => {
    const { physical, join } = setUp();
    const meters = join("m", slow);
    const bus = join("b", fast);
    await meters.takeTurn();
    const waiting = bus.takeTurn();
    physical.onLost("unplugged");
    await waiting;
    expect([meters.lost, bus.lost]).toEqual([["unplugged"], ["unplugged"]]);
    expect(physical.notes).toEqual(["set 2400", "close"]);
  });

  it("is lost if it cannot be set", async () => {
    const { physical, join } = setUp();
    const meters = join("m", slow);
    physical.isStuck = true;
    await meters.takeTurn();
    expect(meters.lost).toEqual(["the line could not be set to 2400 baud (no such rate)"]);
  });
});
