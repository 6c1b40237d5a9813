import assert from "node:assert/strict";
import { join } from "node:path";
import type { Sample } from "@headgate/model";
import { IndependentPeer } from "./independent-peer.ts";
import { contentOf, openChannel, type Proof, pointOf, until } from "./proof.ts";

const NO_FIT = "cannot be decoded: its bytes are not as its type says";
const EXPECTED: readonly (readonly [name: string, content: unknown, field?: string])[] = [
  ["Counters.C00000", "any"],
  ["Broken.Short", NO_FIT],
  ["Broken.Short", NO_FIT, "low"],
  ["Broken.Xml", "cannot be decoded: a structure in XML"],
  ["Broken.Unknown", "unsupported type ExtensionObject"],
  ["Broken.Unknown", "cannot be decoded: the server does not describe this structure", "low"],
  ["Broken.Untyped", "cannot be decoded: a structure that does not say its type"],
  ["Broken.Good", 1.5],
  ["Batches.Current", 17, "Number"],
  ["Counters.C00001", "any"],
];

/** Values that cannot be decoded are bad samples with their reasons; all others go on. */
export const proveValues: Proof = async ({ program, directory, say }) => {
  const settings = { changing: 2, period: 200 };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "peer"), settings });
  const ending = new AbortController();
  try {
    const connection = await openChannel(directory, { endpoint: peer.endpoint });
    const points = EXPECTED.map(([name, , field], index) => {
      const point = pointOf(name, { sampling: "100 ms", ...(field !== undefined && { field }) });
      return { ...point, id: `plc/${index}` };
    });
    const expected = EXPECTED.map(([, content]) => content);
    const shown = (samples: readonly (Sample | undefined)[]) =>
      samples.map((sample, index) => {
        const isCounted = expected[index] === "any" && sample?.quality === "good";
        return isCounted ? "any" : contentOf(sample);
      });
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(shown([...(await connection.read(points, ending.signal))]), expected);
    }
    say(`${points.length} points read, ${expected.length - 4} of them of broken structures`);
    const last = new Map<string, Sample>();
    let changes = 0;
    const emit = (samples: Sample[]) => {
      for (const sample of samples) {
        if (last.has(sample.pointId)) changes++;
        last.set(sample.pointId, sample);
      }
    };
    const ended = connection.subscribe?.(points, emit, ending.signal);
    const all = () => shown(points.map(({ id }) => last.get(id)));
    await until("every value", 30, () => JSON.stringify(all()) === JSON.stringify(expected));
    await until("their changes", 60, () => changes >= 20);
    assert.deepEqual(all(), expected);
    ending.abort();
    await ended;
    await connection.close();
    say(`pushed in one session, with ${changes} changes of those beside them`);
  } finally {
    ending.abort();
    await peer.stop();
  }
};
