import { describe, expect, it } from "vitest";
import { Rng } from "../../simulation/rng.ts";
import { DiskReplay, type Fate } from "./disk-image.ts";
import { TraceReader } from "./trace-reader.ts";

const hex = (text: string) =>
  `"${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;

/** A file is written and synced, then written again; its name is safe from line 4 on. */
const TRACE = [
  `7  openat(AT_FDCWD, ${hex("/d/a.db")}, O_RDWR|O_CREAT, 0644) = 5`,
  `7  openat(AT_FDCWD, ${hex("/d")}, O_RDONLY) = 6`,
  `7  pwrite64(5, ${hex("first")}, 5, 0) = 5`,
  "7  fsync(6)  = 0",
  "7  fdatasync(5 <unfinished ...>",
  `8  write(1, ${hex("kept 1\n")}, 7) = 7`,
  "7  <... fdatasync resumed>)  = 0",
  `7  pwrite64(5, ${hex("second")}, 6, 5) = 6`,
  `7  rename(${hex("/d/a.db")}, ${hex("/d/b.db")}) = 0`,
  "7  ftruncate(5, 8)  = 0",
];

function replayOf(lines: readonly string[]) {
  const reader = new TraceReader("/d");
  for (const line of lines) reader.readLine(line);
  return { reader, replay: new DiskReplay(reader.root) };
}

function filesAt(at: number, fate: Fate): Record<string, string> {
  const { replay } = replayOf(TRACE);
  const image = replay.imageAt({ at, fate, rng: new Rng(1) });
  return Object.fromEntries([...image].map(([path, bytes]) => [path, `${Buffer.from(bytes)}`]));
}

describe("the replay of a trace", () => {
  it("keeps what was synced, and of the rest what fate lets it", () => {
    expect(filesAt(3, "all")).toEqual({ "a.db": "" });
    expect(filesAt(4, "none")).toEqual({});
    expect(filesAt(5, "none")).toEqual({ "a.db": "" });
    expect(filesAt(8, "none")).toEqual({ "a.db": "first" });
    expect(filesAt(99, "none")).toEqual({ "a.db": "first" });
    expect(filesAt(99, "all")).toEqual({ "b.db": "firstsec" });
  });

  it("does not hold a sync for done that has not returned", () => {
    expect(filesAt(7, "none")).toEqual({ "a.db": "" });
    expect(filesAt(7, "all")).toEqual({ "a.db": "first" });
  });

  it("keeps what one of two syncs at a time made safe, though the other was called first", () => {
    const lines = [
      TRACE[0] ?? "",
      `7  openat(AT_FDCWD, ${hex("/d")}, O_RDONLY) = 6`,
      `8  openat(AT_FDCWD, ${hex("/d")}, O_RDONLY) = 7`,
      "7  fsync(6 <unfinished ...>",
      `8  rename(${hex("/d/a.db")}, ${hex("/d/b.db")}) = 0`,
      "8  fsync(7)  = 0",
      "7  <... fsync resumed>)  = 0",
    ];
    const { replay } = replayOf(lines);
    const image = replay.imageAt({ at: 99, fate: "none", rng: new Rng(1) });
    expect([...image.keys()]).toEqual(["b.db"]);
  });

  it("tears a write at sectors, and leaves zeros where nothing came", () => {
    const bytes = "x".repeat(2000);
    const lines = [TRACE[0] ?? "", `7  pwrite64(5, ${hex(bytes)}, 2000, 100) = 2000`];
    const seen = new Set<string>();
    const rng = new Rng(5);
    for (let time = 0; time < 200; time++) {
      const image = replayOf(lines).replay.imageAt({ at: 99, fate: "torn", rng });
      const text = `${Buffer.from(image.get("a.db") ?? [])}`;
      seen.add(text);
      for (const part of text.slice(0, 100)) expect(part).toBe("\0");
      expect(text.slice(100, 512)).toMatch(/^(x*|\0*)$/);
    }
    expect(seen.size).toBeGreaterThan(10);
  });

  it("lets a file's number go when its close is called: another thread may get it at once", () => {
    const lines = [
      `7  openat(AT_FDCWD, ${hex("/d/a")}, O_RDWR|O_CREAT, 0644) = 5`,
      "7  close(5 <unfinished ...>",
      `8  openat(AT_FDCWD, ${hex("/d/b")}, O_RDWR|O_CREAT, 0644) = 5`,
      "7  <... close resumed>)  = 0",
      `8  write(5, ${hex("text")}, 4) = 4`,
    ];
    const image = replayOf(lines).replay.imageAt({ at: 99, fate: "all", rng: new Rng(1) });
    expect(Buffer.from(image.get("b") ?? []).toString()).toBe("text");
  });

  it("hears what the process said, at the moment of the call", () => {
    expect(replayOf(TRACE).reader.said).toEqual([{ at: 6, text: "kept 1" }]);
  });

  it("does not pass over a call it does not understand", () => {
    const line = "7  copy_file_range(9, NULL, 5, NULL, 10, 0) = 10";
    expect(() => replayOf([TRACE[0] ?? "", line])).toThrow(/not understood/);
  });
});
