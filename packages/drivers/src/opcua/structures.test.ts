import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { DataType, DataValue, Variant } from "node-opcua-client";
import { describe, expect, it } from "vitest";
import { Structures } from "./structures.ts";

const structure = new DataValue({ value: new Variant({ dataType: DataType.ExtensionObject }) });
const number = new DataValue({ value: new Variant({ dataType: DataType.Double, value: 1 }) });

function world(promote: () => Promise<void>) {
  const clock = new SimClock();
  const warned: string[] = [];
  let asked = 0;
  const structures = new Structures({
    session: {} as never,
    clock,
    log: { ...silentLog, warn: (text) => void warned.push(text) },
    lost: new AbortController().signal,
    promote: () => {
      asked++;
      return promote();
    },
  });
  return { clock, warned, structures, asked: () => asked };
}

describe("the structures of a server", () => {
  it("are looked into, and nothing is waited for where there are none", async () => {
    const { structures, asked } = world(async () => {});
    expect(structures.lookInto([number])).toBeUndefined();
    await structures.lookInto([structure, number]);
    await structures.lookInto([structure]);
    expect(asked()).toBe(2);
  });

  it("that does not tell their types are left alone for a while, and that is said", async () => {
    const { structures, asked, warned, clock } = world(async () => {
      throw new Error("no dictionary");
    });
    await structures.lookInto([structure]);
    expect(structures.lookInto([structure])).toBeUndefined();
    expect(warned).toHaveLength(1);
    await clock.advance(300_000);
    await structures.lookInto([structure]);
    expect(asked()).toBe(2);
  });

  it("are not waited for without end", async () => {
    const { structures, warned, clock } = world(() => new Promise(() => {}));
    const looked = structures.lookInto([structure]);
    await clock.advance(30_000);
    await looked;
    expect(warned).toHaveLength(1);
  });
});
