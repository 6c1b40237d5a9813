import { type Buffer, type Media, type Sample, silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { expect, it } from "vitest";
import { createPipeline } from "./pipeline.ts";

/** What came into the buffer, in order: names of pictures, and lists of samples. */
function world(refuses: (media: Media) => boolean = () => false) {
  const arrived: (string | readonly Sample[])[] = [];
  const buffer: Pick<Buffer, "append" | "appendMedia"> = {
    async append(samples, stream = "main") {
      arrived.push(stream === "main" ? samples : samples.map((sample) => ({ ...sample, stream })));
      return 1;
    },
    async appendMedia(media) {
      if (refuses(media)) throw new Error("disk full");
      arrived.push(media.name);
      return 1;
    },
  };
  const logged: string[] = [];
  const log = { ...silentLog, error: (message: string) => void logged.push(message) };
  const signal = new AbortController().signal;
  const context = { clock: new SimClock(), log, signal, directory: "" };
  return {
    arrived,
    logged,
    buffer,
    pipeline: createPipeline(buffer as Buffer, context, new Set(["d/door"])),
  };
}

const good = (pointId: string, value: number): Sample => ({
  pointId,
  timestampMs: 1,
  quality: "good",
  value,
});
const picture = (name: string): Sample => ({
  pointId: "gate/snapshot",
  timestampMs: 1,
  quality: "good",
  value: name,
  media: { name, contentType: "image/jpeg", bytes: new Uint8Array(3) },
});

it("keeps a picture before the sample that names it", async () => {
  const { arrived, pipeline } = world();
  const samples = [good("d/a", 1), picture("one.jpg"), picture("two.jpg")];
  pipeline.keep(samples);
  await pipeline.settle();
  expect(arrived).toEqual(["one.jpg", "two.jpg", samples]);
});

it("takes events out of what a scan or a device brought, the rest goes its way", async () => {
  const { arrived, pipeline } = world();
  pipeline.keep([good("d/a", 1), good("d/door", 1), good("d/b", 2)]);
  pipeline.keep([good("d/door", 0)]);
  await pipeline.settle();
  const event = (value: number) => ({ ...good("d/door", value), stream: "events" });
  expect(arrived).toEqual([[event(1)], [good("d/a", 1), good("d/b", 2)], [event(0)]]);
});

it("turns a picture that cannot be kept into a bad sample, and keeps its neighbours", async () => {
  const { arrived, pipeline } = world(({ name }) => name === "one.jpg");
  const [first, last] = [good("d/a", 1), picture("two.jpg")];
  pipeline.keep([first, picture("one.jpg"), last]);
  await pipeline.settle();
  const lost = { pointId: "gate/snapshot", quality: "bad", reason: "picture not kept: disk full" };
  expect(arrived).toEqual(["two.jpg", [first, expect.objectContaining(lost), last]]);
});

it("settles and says so when the buffer takes nothing any more", async () => {
  const { logged, buffer, pipeline } = world();
  buffer.append = async () => {
    throw new Error("buffer is closed");
  };
  pipeline.keep([good("d/a", 1)]);
  await pipeline.settle();
  expect(logged).toEqual(["samples could not be kept"]);
});

it("bothers the buffer with nothing where there is nothing", async () => {
  const { arrived, pipeline } = world();
  pipeline.keep([]);
  await pipeline.settle();
  expect(arrived).toEqual([]);
});
