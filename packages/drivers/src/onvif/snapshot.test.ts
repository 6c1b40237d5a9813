import { describe, expect, it } from "vitest";
import { checkJpeg, mediaName } from "./snapshot.ts";

const AT = Date.parse("2026-01-02T03:04:05.678Z");
const jpeg = (padding: number) =>
  Buffer.concat([
    Buffer.from("ffd8ffe0", "hex"),
    Buffer.alloc(9000, 1),
    Buffer.from("ffd9", "hex"),
    Buffer.alloc(padding),
  ]);

describe("pictures", () => {
  it.each([
    ["gate-cam/snapshot", "gate-cam/snapshot/20260102T030405.678Z.jpg"],
    ["门/相机 1", "门/相机_1/20260102T030405.678Z.jpg"],
    ["../..", "_/_/20260102T030405.678Z.jpg"],
    ["a\\b:c", "a_b_c/20260102T030405.678Z.jpg"],
  ])("of %s are named %s", (pointId, name) => {
    expect(mediaName(pointId, AT)).toBe(name);
  });

  it("are JPEGs from first to last mark, a little padding allowed", () => {
    expect(() => checkJpeg(jpeg(0), "image/jpeg")).not.toThrow();
    expect(() => checkJpeg(jpeg(512), "")).not.toThrow();
    expect(() => checkJpeg(jpeg(0).subarray(0, 5000), "image/jpeg")).toThrow("cut short");
    // One smaller than the padding that is allowed, as of a substream.
    expect(() => checkJpeg(jpeg(0).subarray(0, 3000), "image/jpeg")).toThrow("cut short");
    expect(() => checkJpeg(Buffer.from("<html>"), "text/html")).toThrow("not a JPEG but text/html");
    expect(() => checkJpeg(Buffer.alloc(0), "")).toThrow("not a JPEG");
  });
});
