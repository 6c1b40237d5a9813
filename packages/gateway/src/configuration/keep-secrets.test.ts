import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepSecrets } from "./keep-secrets.ts";

const textOf = (password: string) => `# the gate
channels:
  gate: { driver: onvif, password: ${password} }
`;
const PLACE = ["channels", "gate", "password"];

test("what was typed goes into a file that no other version names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-keep-"));
  const keep = (password: string, place = PLACE) => keepSecrets(textOf(password), [place], folder);
  const fileOf = (name: string) => readFile(join(folder, "data/secrets", name), "utf8");
  try {
    const first = await keep("grass");
    expect(first).toContain(`# the gate`);
    expect(first).toContain(`\${secret:gate-password}`);
    expect(first).not.toContain("grass");
    expect(await keep("clover")).toContain(`\${secret:gate-password-2}`);
    expect([await fileOf("gate-password"), await fileOf("gate-password-2")]).toEqual([
      "grass\n",
      "clover\n",
    ]);
    for (const reference of [`"\${secret:door}"`, '""', "7"]) {
      expect(await keep(reference)).toBe(textOf(reference));
    }
    expect(await keep("x", ["channels", "gate", "driver"])).toBe(textOf("x"));
    expect(await keep("x", ["channels", "none", "password"])).toBe(textOf("x"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a name stays in its folder, and is none that a variable has", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-keep-"));
  const names = async (id: string) => {
    const text = JSON.stringify({ channels: { [id]: { password: "grass" } } });
    const kept = await keepSecrets(text, [["channels", id, "password"]], folder);
    return JSON.parse(kept).channels[id].password;
  };
  process.env.HEADGATE_SECRET_BARN_PASSWORD = "hay";
  try {
    expect(await names("../../etc/x")).toBe(`\${secret:etc-x-password}`);
    expect(await names("奶罐")).toBe(`\${secret:password}`);
    expect(await names("barn")).toBe(`\${secret:barn-password-2}`);
    expect(await names("x".repeat(150))).toMatch(/^\$\{secret:x{91}-password\}$/);
    expect(await readdir(folder)).toEqual(["data"]);
    expect(await readdir(join(folder, "data", "secrets"))).toHaveLength(4);
  } finally {
    delete process.env.HEADGATE_SECRET_BARN_PASSWORD;
    await rm(folder, { recursive: true, force: true });
  }
});
