import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, type Login } from "../../../testing/test-server.ts";
import { catalogue } from "../../catalogue.ts";
import { Configuration } from "../../configuration/configuration.ts";

const TEXT = `gateway: { id: pasture-07 }
channels:
  gate: { driver: onvif, host: 192.168.1.30, username: viewer, password: hunter2 }
devices:
  gate: { channel: gate, points: { s: { address: "snapshot:main", every: 5 min } } }
web: false
`;

let folder: string;
let web: Awaited<ReturnType<typeof createTestServer>>;
let technician: Login;
let admin: Login;
let tried = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-moves-"));
  const path = join(folder, "gateway.yaml");
  await writeFile(path, TEXT);
  const lent = { catalogue, clock: systemClock, log: silentLog };
  const configuration = await Configuration.open(path, join(folder, "config"), lent);
  const tryOut = async () => {
    tried++;
    return [];
  };
  web = await createTestServer({ ...createSampleView(), configuration, tryOut });
  technician = await web.loginAs("technician");
  admin = await web.loginAs("admin");
});
afterAll(async () => {
  await web.close();
  await rm(folder, { recursive: true, force: true });
});

async function shown(): Promise<{ text: string; version: number }> {
  return (await web.get("/api/config", technician)).json();
}
const put = (text: string, version: number, login: Login) =>
  web.ask(
    {
      ...{ method: "PUT", url: "/api/config", payload: { text, why: "" } },
      headers: { "if-match": `${version}` },
    },
    login,
  );
const post = (url: string, text: string, login: Login) =>
  web.ask({ method: "POST", url, payload: { text } }, login);

const PATH = "channels.gate.password";

test("a kept secret is sent to another host by an admin only, and is not tried there", async () => {
  const { text, version } = await shown();
  const moved = text.replace("192.168.1.30", "10.0.0.9");
  const check = (await post("/api/config/check", moved, technician)).json();
  expect(check).toMatchObject({ isGood: true, isRisky: false, movedSecrets: [PATH] });
  const refused = await put(moved, version, technician);
  expect(refused.statusCode).toBe(403);
  expect(refused.json()).toMatchObject({ code: "secret-moves", params: { path: PATH } });
  expect((await post("/api/config/test", moved, technician)).json().code).toBe("secret-moves");
  expect(tried).toBe(0);
  expect(await readFile(join(folder, "gateway.yaml"), "utf8")).toBe(TEXT);

  expect((await put(moved, version, admin)).statusCode).toBe(200);
  expect(await readFile(join(folder, "gateway.yaml"), "utf8")).toContain("hunter2");
});

test("who types it anew sends it wherever it is wanted", async () => {
  const { text, version } = await shown();
  const typed = text
    .replace(/host: [\d.]+/, "host: 192.168.1.99")
    .replace(/password: .* \}/, "password: mine }");
  expect((await put(typed, version, technician)).json()).toMatchObject({ version: version + 1 });
});

test("a secret is shown as no name", async () => {
  process.env.HEADGATE_SECRET_BROKER = "hunter3";
  const { text, version } = await shown();
  const shows = text.replace(
    "gate: { channel: gate,",
    `gate: { channel: gate, name: "\${secret:broker}",`,
  );
  expect(shows).not.toBe(text);
  const edits = [{ path: ["devices", "gate", "name"], value: `\${secret:broker}` }];
  const draft = await web.ask(
    { method: "POST", url: "/api/config/draft", payload: { edits } },
    technician,
  );
  expect(draft.json()).toMatchObject({ isGood: true, movedSecrets: ["devices.gate.name"] });
  expect((await put(shows, version, technician)).json().code).toBe("secret-moves");
  delete process.env.HEADGATE_SECRET_BROKER;
});
