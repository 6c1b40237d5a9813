import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { supportBundle } from "./support-bundle.ts";

test("a section that cannot be had, or is too large, leaves the others", async () => {
  const sections = {
    broken: () => {
      throw new Error("the disk is gone");
    },
    large: () => "x".repeat(200),
    small: async () => [1, "secret"],
  };
  const bytes = await supportBundle(sections, (text) => text.replace("secret", "-"), 100);
  const lines = gunzipSync(bytes).toString().trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { section: "broken", fault: "the disk is gone" },
    { section: "large", tooLargeBytes: 232 },
    { section: "small", content: [1, "-"] },
  ]);
});
