import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { writeLines } from "./line-writer.ts";

const { signal } = new AbortController();
const line = "x".repeat(1023);
const many = Array.from({ length: 2000 }, () => line);

function slowPipe() {
  let bytes = 0;
  let listenersMax = 0;
  const out: Writable = new Writable({
    highWaterMark: 1024,
    write(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      listenersMax = Math.max(listenersMax, out.listenerCount("error"));
      setImmediate(done);
    },
  });
  return { out, bytes: () => bytes, listenersMax: () => listenersMax };
}

test("lines wait for a slow reader, and leave no listener behind", async () => {
  const pipe = slowPipe();
  await writeLines(many, { out: pipe.out, signal });
  await new Promise<void>((resolve) => pipe.out.end(resolve));
  expect(pipe.bytes()).toBe(many.length * 1024);
  expect(pipe.listenersMax()).toBeLessThan(4);
});

test("a reader that is gone ends the writing", async () => {
  const pipe = slowPipe();
  let taken = 0;
  const lines = function* () {
    for (const one of many) {
      taken++;
      if (taken === 200) pipe.out.destroy(new Error("EPIPE"));
      yield one;
    }
  };
  await writeLines(lines(), { out: pipe.out, signal });
  expect(taken).toBeLessThan(400);
});
