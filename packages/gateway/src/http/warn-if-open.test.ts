import { silentLog } from "@headgate/model";
import { expect, test } from "vitest";
import { warnIfOpen } from "./warn-if-open.ts";

test.each([
  ["127.0.0.1", 0],
  ["127.8.0.1", 0],
  ["localhost", 0],
  ["::1", 0],
  ["0.0.0.0", 1],
  ["::", 1],
  ["192.168.1.5", 1],
  ["127.0.0.1.example.com", 1],
])("%s is warned of %i times", (host, count) => {
  const lines: string[] = [];
  warnIfOpen("the page", host, { ...silentLog, warn: (line) => lines.push(line) });
  expect(lines).toHaveLength(count);
});
