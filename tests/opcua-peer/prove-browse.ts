import assert from "node:assert/strict";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { BrowsedNode, Connection } from "@headgate/model";
import { IndependentPeer, PLANT } from "./independent-peer.ts";
import { contentOf, openChannel, type Proof, type ProofContext, pointOf } from "./proof.ts";

const VARIABLES = 100_000;
const FREEZE_MS_MAX = 100;
/** More than the server remembers places of one session: 32. */
const LOOKS = 40;

/** A tree of 100,000 nodes: all of it, searched, stopped half way; values inside structures. */
export const proveBrowse: Proof = async ({ program, directory, say }) => {
  const settings = { variables: VARIABLES, browse: 50, references: 1000 };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "peer"), settings });
  try {
    const connection = await openChannel(directory, { endpoint: peer.endpoint });
    await proveWhole(connection, say);
    const found = await collect(connection, { search: "area07/machine42/value9" });
    assert.equal(found.length, 10);
    assert.equal(found[0]?.address, `nsu=${PLANT};s=Plant.Area07.Machine42.Value90`);
    say(`search: ${found.length} found`);
    const level = await collect(connection, { from: `nsu=${PLANT};s=Plant`, depthMax: 1 });
    assert.equal(level.length, VARIABLES / 10_000);
    await proveStop(connection, say);
    await proveParts(connection, say);
    await connection.close();
  } finally {
    await peer.stop();
  }
  await proveCrowded({ program, directory, say });
};

/** A server that remembers few places at a time, and gives seven references in one answer. */
async function proveCrowded({
  program,
  directory,
  say,
}: Omit<ProofContext, "minutes" | "periodMs">) {
  const settings = { variables: 5_000, browse: 50, references: 7 };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "crowded"), settings });
  try {
    const connection = await openChannel(directory, { endpoint: peer.endpoint });
    const never = new AbortController().signal;
    for (let look = 0; look < LOOKS; look++) {
      const from = `nsu=${PLANT};s=Plant.Area00`;
      for await (const page of connection.browse?.({ from }, never) ?? []) {
        assert.ok(page.length > 0);
        break;
      }
    }
    const nodes = await collect(connection, { from: `nsu=${PLANT};s=Plant` });
    assert.equal(nodes.filter(({ kind }) => kind === "value").length, settings.variables);
    say(`${nodes.length} nodes, seven at a time, after ${LOOKS} looks cut short`);
    await connection.close();
  } finally {
    await peer.stop();
  }
}

async function proveWhole(connection: Connection, say: (line: string) => void): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const startMs = performance.now();
  const nodes = await collect(connection, { from: `nsu=${PLANT};s=Plant` });
  const ms = Math.round(performance.now() - startMs);
  delay.disable();
  const values = nodes.filter(({ kind }) => kind === "value");
  assert.equal(values.length, VARIABLES);
  assert.equal(new Set(values.map(({ address }) => address)).size, VARIABLES);
  const freezeMs = delay.max / 1e6;
  say(`${nodes.length} nodes in ${ms} ms; the main thread stood still ${freezeMs.toFixed(0)} ms`);
  if (freezeMs > FREEZE_MS_MAX) say(`more than ${FREEZE_MS_MAX} ms: was the machine busy?`);
}

/** Whoever has seen enough stops, and the line goes on. */
async function proveStop(connection: Connection, say: (line: string) => void): Promise<void> {
  const stop = new AbortController();
  let count = 0;
  for await (const page of connection.browse?.({}, stop.signal) ?? []) {
    count += page.length;
    if (count > 5000) stop.abort();
  }
  assert.ok(count < VARIABLES / 2);
  for await (const page of connection.browse?.({}, new AbortController().signal) ?? []) {
    assert.ok(page.length > 0);
    break;
  }
  const [sample] = await connection.read([pointOf("Held.Double")], new AbortController().signal);
  assert.equal(contentOf(sample), 1.5);
  say(`stopped after ${count} nodes; the line goes on`);
}

/** Structures, arrays and enumerations as points; writes in every type; methods. */
async function proveParts(connection: Connection, say: (line: string) => void): Promise<void> {
  const never = new AbortController().signal;
  const parts: [string, object, unknown][] = [
    ["Batches.Current", { field: "Number" }, 17],
    ["Batches.Current", { field: "Recipe" }, "UHT"],
    ["Batches.Current", { field: "Phase" }, 1],
    ["Batches.Current", { field: "Place.y" }, -2.5],
    ["Batches.Current", { field: "Curve[1]" }, 72.25],
    ["Batches.Current", { field: "Total" }, 9_007_199_254_740_993n],
    ["Batches.Last", { field: "[1].Number" }, 18],
    ["Batches.Curve", { field: "[2]" }, 4],
    ["Batches.Phase", {}, 1],
  ];
  const points = parts.map(([name, settings]) => pointOf(name, settings));
  const read = [...(await connection.read(points, never))];
  assert.deepEqual(
    read.map(contentOf),
    parts.map(([, , value]) => value),
  );
  const writes: [string, boolean | number | bigint | string][] = [
    ["Held.Boolean", true],
    ["Held.SByte", -7],
    ["Held.Byte", 255],
    ["Held.Int16", -300],
    ["Held.UInt16", 65_535],
    ["Held.Int32", -70_000],
    ["Held.UInt32", 4_294_967_295],
    ["Held.Int64", -9_007_199_254_740_995n],
    ["Held.UInt64", 18_446_744_073_709_551_613n],
    ["Held.Float", 0.1],
    ["Held.Double", 0.1],
    ["Held.String", "纯牛奶"],
  ];
  for (const [name, value] of writes) {
    await connection.write?.(pointOf(name), value, never);
    const [sample] = await connection.read([pointOf(name)], never);
    assert.equal(contentOf(sample), value, name);
  }
  await assert.rejects(connection.write?.(pointOf("Held.ReadOnly"), 1, never) ?? Promise.resolve());
  await assert.rejects(connection.write?.(pointOf("Held.Byte"), 256, never) ?? Promise.resolve());
  const method = pointOf("Held", { method: `nsu=${PLANT};s=Held.Add` });
  await connection.write?.(method, "[2, 3.5]", never);
  await assert.rejects(connection.write?.(method, "[2]", never) ?? Promise.resolve());
  say(`${parts.length} parts read, ${writes.length} types written, a method called`);
}

async function collect(connection: Connection, query: object): Promise<BrowsedNode[]> {
  const nodes: BrowsedNode[] = [];
  for await (const page of connection.browse?.(query, new AbortController().signal) ?? []) {
    nodes.push(...page);
  }
  return nodes;
}
