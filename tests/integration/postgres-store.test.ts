import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured, Unreachable } from "@headgate/model";
import { encodeMediaBody, hashOf, pointListOf } from "@headgate/sync/block";
import {
  type Arrival,
  type ExportOptions,
  openPostgresStore,
  openRecord,
  openStore,
  type ReceivedEpoch,
} from "@headgate/sync/receiver";
import {
  blockOfSamples,
  CONTRACT_LIST,
  clockCorrectionContract,
  plainBlock,
  plainGap,
  receiverStoreContract,
  thinnableBlock,
  thinnedBlocks,
  thinnedStoreContract,
} from "@headgate/sync/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { Postgres } from "./peers/postgres.ts";

let postgres: Postgres;
let folder = "";
beforeAll(async () => {
  postgres = await Postgres.start();
  folder = mkdtempSync(join(tmpdir(), "headgate-store-"));
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const of = (...entries: Arrival["entry"][]) => entries.map((entry) => ({ gatewayId: "g", entry }));

async function opened(store: string) {
  const open = await openStore(store);
  await open.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  return open;
}

async function lookAt(store: string, options: ExportOptions = {}) {
  const record = await openRecord(store);
  try {
    const samples = [];
    for await (const sample of record.samples(options)) samples.push(sample);
    const minutes = [];
    for await (const minute of record.minutes(options)) minutes.push(minute);
    const { epochs, refused, isComplete } = await record.status();
    return { samples, minutes, epochs, refused, isComplete };
  } finally {
    await record.close();
  }
}

describe("the PostgreSQL store", () => {
  receiverStoreContract(it, async () => {
    const url = postgres.url();
    return {
      open: () => openPostgresStore(url),
      samples: async () => (await lookAt(url)).samples,
      tearDown: async () => {},
    };
  });
});

describe("the PostgreSQL store with what is thinned or dated anew", () => {
  const setUp = async () => {
    const url = postgres.url();
    return {
      open: () => openPostgresStore(url),
      samples: async () => (await lookAt(url)).samples,
      minutes: async () => (await lookAt(url)).minutes,
      status: async () => (await lookAt(url)).epochs[0] as ReceivedEpoch,
      tearDown: async () => {},
    };
  };
  thinnedStoreContract(it, setUp);
  clockCorrectionContract(it, setUp);
});

const number = fc.integer({ min: 1, max: 12 });
const anyEntry: fc.Arbitrary<Arrival["entry"]> = fc.oneof(
  { weight: 6, arbitrary: number.map((seq) => thinnableBlock(seq)) },
  { weight: 1, arbitrary: number.map((seq) => plainBlock(seq, 1000)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(number, fc.integer({ min: 0, max: 4 }))
      .map(([first, length]) => thinnedBlocks(first, first + length)),
  },
  { weight: 1, arbitrary: number.map((seq) => ({ ...plainBlock(seq), body: new Uint8Array(9) })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(number, fc.integer({ min: 0, max: 4 }))
      .map(([first, length]) => plainGap(first, first + length)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(number, fc.integer({ min: 0, max: 6 })).map(([first, length]) => {
      return { ...plainGap(first, first + length), sampleCount: 0, reason: "expired" } as const;
    }),
  },
);

test("whatever comes, it answers, holds and tells the same as the SQLite store", async () => {
  let runCount = 0;
  const slices = fc.array(fc.array(anyEntry, { minLength: 1, maxLength: 7 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(slices, fc.boolean(), async (anySlices, isReopened) => {
      const places = [postgres.url(), join(folder, `${++runCount}.db`)];
      const [stores, answers] = [await Promise.all(places.map(opened)), places.map(() => "")];
      for (const slice of anySlices) {
        for (const [at, place] of places.entries()) {
          const verdicts = await stores[at]?.commit(of(...slice), 7);
          answers[at] += `${verdicts?.join(" ")} ${JSON.stringify(stores[at]?.standing("g", 9))}\n`;
          if (!isReopened) continue;
          await stores[at]?.close();
          stores[at] = await openStore(place);
        }
      }
      await Promise.all(stores.map((store) => store.close()));
      expect(answers[0]).toBe(answers[1]);
      const [ours, theirs] = await Promise.all(places.map((place) => lookAt(place)));
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 12, seed: 7 },
  );
});

test("an export of one point and a time holds just that", async () => {
  const url = postgres.url();
  const store = await opened(url);
  const at = (seq: number, timestampMs: number, value: number) =>
    blockOfSamples(seq, [
      { pointId: "a/x", timestampMs, quality: "good", value },
      { pointId: "a/y", timestampMs, quality: "good", value: -value },
    ]);
  await store.commit(of(at(1, 100, 1), at(2, 200, 2), at(3, 300, 3)), 1);
  await store.close();
  const { samples } = await lookAt(url, { gateway: "g", point: "a/x", fromMs: 150, toMs: 200 });
  expect(samples).toMatchObject([{ gateway: "g", point: "a/x", t: 200, value: 2, block: 2 }]);
  expect((await lookAt(url, { gateway: "other" })).samples).toEqual([]);
});

test("texts that PostgreSQL cannot hold come back as they were", async () => {
  const url = postgres.url();
  const store = await opened(url);
  const value = 'a\0b"\\';
  const text = { pointId: "b/z", timestampMs: 1, quality: "good", value } as const;
  const bad = {
    pointId: "b/z",
    timestampMs: 2,
    quality: "bad",
    value: null,
    reason: "\0",
  } as const;
  await store.commit(of(blockOfSamples(1, [text, bad])), 1);
  await store.close();
  expect((await lookAt(url)).samples).toMatchObject([{ value }, { value: null, reason: "\0" }]);
});

test("rows of what was kept of a thinned block go when the block comes", async () => {
  const store = await opened(postgres.url("replaced"));
  await store.commit(of(thinnedBlocks(1, 3)), 1);
  await store.commit(of(...[1, 2, 3].map(thinnableBlock)), 1);
  await store.close();
  expect(postgres.sql("select count(*), count(distinct block_ref) from replaced.sample")).toBe(
    "12|3",
  );
});

test("a commit is on the disk when it resolves, whatever the server is set to", async () => {
  postgres.sql("create database lax");
  postgres.sql("alter database lax set synchronous_commit = off");
  const store = await opened(postgres.url("lax", "lax"));
  postgres.sql(
    `create table seen (setting text);
     create function note() returns trigger language plpgsql as
       $$ begin insert into public.seen select current_setting('synchronous_commit');
         return null; end $$;
     create trigger note after insert on lax.block for each row execute function public.note()`,
    "lax",
  );
  await store.commit(of(plainBlock(1)), 1);
  await store.close();
  expect(postgres.sql("select setting from seen", "lax")).toBe("on");
});

test("names that no index can hold are refused, whatever comes with them is kept", async () => {
  const store = await opened(postgres.url());
  const letters = Array.from({ length: 9000 }, (_, at) => 0x4e00 + ((at * 7919) % 20_000));
  const list = pointListOf([String.fromCodePoint(...letters)]);
  await store.addPointList({ gatewayId: "g", ...list });
  const sample = { pointId: "a/x", timestampMs: 1, quality: "good", value: 1 } as const;
  const long = { ...blockOfSamples(2, [sample]), schemaHash: list.hash };
  const verdicts = await store.commit(of(plainBlock(1), long, plainBlock(3)), 1);
  expect(verdicts).toEqual(["stored", "refused", "stored"]);
  expect(store.standing("g", 9)).toMatchObject([
    { covered: [1, 3].map((seq) => ({ first: seq, last: seq })) },
  ]);
  await store.close();
});

test("many that open an empty database at once make one store", async () => {
  const url = postgres.url();
  const stores = await Promise.all(Array.from({ length: 5 }, () => openPostgresStore(url)));
  expect(new Set(stores.map(({ incarnation }) => incarnation)).size).toBe(1);
  await Promise.all(stores.map((store) => store.close()));
});

test("two writers of one epoch keep each block once", async () => {
  const url = postgres.url();
  const stores = [await opened(url), await opened(url)];
  const verdicts = stores.map(async (store, at) => {
    const own: string[] = [];
    for (const first of [1, 11, 21, 6, 16, 26, 3, 13, 23]) {
      const from = at === 0 ? first : 29 - first;
      const entries = Array.from({ length: 5 }, (_, more) => plainBlock(from + more));
      own.push(...(await store.commit(of(...entries), 1)));
    }
    return own;
  });
  const all = (await Promise.all(verdicts)).flat();
  await Promise.all(stores.map((store) => store.close()));
  const { samples, epochs } = await lookAt(url);
  const keys = samples.map(({ block, index }) => `${block}/${index}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(all.filter((verdict) => verdict === "stored").length).toBe(keys.length / 3);
  expect(epochs).toMatchObject([{ conflictCount: 0, sampleCount: keys.length }]);
});

describe("a connection that breaks in the middle", () => {
  const PAUSE_MS = 30;

  test("leaves nothing half stored, and nothing acknowledged that is not stored", async () => {
    const url = postgres.url("broken");
    const stored = new Set<number>();
    let store = await opened(url);
    let isOver = false;
    let lossCount = 0;
    // A machine that is busy needs longer to get anywhere between two breaks.
    let pauseMs = PAUSE_MS;
    const breaking = (async () => {
      while (!isOver) {
        postgres.sql(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'headgate receiver'`,
        );
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs *= 1.5;
      }
    })();
    for (let seq = 1; seq <= 60; seq++) {
      try {
        await store.commit(of(plainBlock(seq)), 1);
        stored.add(seq);
        pauseMs = PAUSE_MS;
      } catch (error) {
        expect(error).toBeInstanceOf(Unreachable);
        lossCount++;
        await store.close();
        store = await reopened(url);
      }
    }
    isOver = true;
    await breaking;
    await store.close();
    expect(lossCount).toBeGreaterThan(0);
    const { samples, epochs } = await lookAt(url);
    const kept = new Set(samples.map(({ block }) => block));
    expect([...stored].filter((seq) => !kept.has(seq))).toEqual([]);
    expect(samples).toHaveLength(3 * kept.size);
    expect(epochs[0]?.sampleCount).toBe(samples.length);
  });

  async function reopened(url: string) {
    for (;;) {
      try {
        return await openPostgresStore(url);
      } catch (error) {
        expect(error).toBeInstanceOf(Unreachable);
      }
    }
  }

  test("as with a server that ends; it is as before once the server is back", async () => {
    const url = postgres.url();
    const store = await opened(url);
    await store.commit(of(plainBlock(1)), 1);
    await postgres.kill();
    await expect(store.commit(of(plainBlock(2)), 1)).rejects.toThrow(/127\.0\.0\.1.*network/);
    await store.close();
    await expect(openPostgresStore(url)).rejects.toThrow(Unreachable);
    await postgres.restart();
    const again = await openPostgresStore(url);
    expect(await again.commit(of(plainBlock(1), plainBlock(2)), 1)).toEqual([
      "duplicate",
      "stored",
    ]);
    await again.close();
  });
});

describe("what is wrong is told with host and database, never with a password", () => {
  test.each([
    ["no such database", () => `postgres://u:secret@127.0.0.1:${postgres.port}/none`],
    ["no such user", () => `postgres://u:secret@127.0.0.1:${postgres.port}/postgres`],
  ])("%s", async (_what, url) => {
    const failure = await openPostgresStore(url()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Misconfigured);
    expect(String(failure)).toContain(`127.0.0.1:${postgres.port}/`);
    expect(String(failure)).not.toContain("secret");
  });

  test("no server, no store, a schema that is none", async () => {
    const absent = `postgres://u:secret@127.0.0.1:${await freePort()}/x`;
    await expect(openPostgresStore(absent)).rejects.toThrow(/127\.0\.0\.1:\d+\/x.*ECONNREFUSED/);
    await expect(openRecord(postgres.url("empty"))).rejects.toThrow(/nothing was received there/);
    await expect(openStore(postgres.url("A b"))).rejects.toThrow(Misconfigured);
  });
});

function pictureOf(seq: number, bytes: Uint8Array): Arrival["entry"] {
  const about = { name: "cam/1.jpg", contentType: "image/jpeg", pointId: "cam/snapshot" };
  const body = encodeMediaBody({ ...about, timestampMs: 5, bytes });
  const head = { kind: "media", stream: "media", epoch: "m1", seq, schemaHash: "" } as const;
  return { ...head, sampleCount: 1, fromMs: 5, toMs: 5, hash: hashOf(body), body };
}

test("a picture is kept whole", async () => {
  const url = postgres.url("pictures");
  const store = await openPostgresStore(url);
  await store.commit(of(pictureOf(1, new Uint8Array([255, 216, 0, 7]))), 1);
  await store.close();
  expect(postgres.sql("select encode(bytes, 'hex'), name from pictures.media")).toBe(
    "ffd80007|cam/1.jpg",
  );
});
