import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { environment, headgate } from "./peers/headgate.ts";

// The gateway's user, behind the rules that `headgate firewall` makes of its configuration.

const CHILD = fileURLToPath(new URL("./firewall-child.ts", import.meta.url));
const MS_MAX = 240_000;

test(
  "what the configuration names is reached, and nothing else by this user",
  async () => {
    const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const unshare = [...asRoot, "--net", "--mount", "--fork", "--kill-child"];
    const node = [process.execPath, "--conditions=headgate-source", CHILD];
    const options = { timeout: MS_MAX, env: environment() };
    const { stdout } = await promisify(execFile)("unshare", [...unshare, ...node], options);
    expect(JSON.parse(stdout)).toEqual({
      isBrokerThere: true,
      ofAnotherUser: "open",
      isUplinkUp: true,
      elsewhere: "EHOSTUNREACH",
      otherPort: "EHOSTUNREACH",
      declaredPort: "ECONNREFUSED",
      toWhoAsks: "hello",
      isCounted: true,
      withoutNames: "open",
      isCountKept: true,
      noLongerDeclared: "EHOSTUNREACH",
      knownHere: "open",
    });
  },
  MS_MAX,
);

test("a user that is none is told before anything is printed", async () => {
  const { code, out, err } = await headgate("firewall", "-c", "x.yaml", "--user", "a b; accept");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("write a user's name or number");
});
