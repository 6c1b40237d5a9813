import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer, type Login } from "../../../testing/test-server.ts";
import { accessFiles } from "../../access/access.ts";
import { readAudit } from "../../access/audit-log.ts";
import { catalogue } from "../../catalogue.ts";
import { loadConfig } from "../../config/load.ts";

const PATH = "/api/channels/filler/certificates";

let folder = "";
let web: Awaited<ReturnType<typeof createTestServer>>;
let technician: Login;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-trust-"));
  const seen = join(folder, "channels/filler/pki/rejected");
  await mkdir(seen, { recursive: true });
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-keyout"];
  const files = [join(folder, "key"), "-out", join(seen, "plc.pem"), "-subj", "/CN=plc"];
  execFileSync("openssl", [...words, ...files], { stdio: "ignore" });
  const given = {
    gateway: { id: "g" },
    buffer: { path: folder },
    channels: {
      filler: { driver: "opcua", endpoint: "opc.tcp://127.0.0.1:4840" },
      sim: { driver: "simulated" },
    },
  };
  const { config } = await loadConfig(given, catalogue);
  if (!config) throw new Error("the config is not good");
  web = await createTestServer({ ...createSampleView(), config });
  technician = await web.loginAs("technician");
});
afterAll(async () => {
  await web.close();
  await rm(folder, { recursive: true, force: true });
});

const decide = (thumbprint: string, state: string, path = PATH) =>
  web.ask({ method: "PUT", url: `${path}/${thumbprint}`, payload: { state } }, technician);

test("a server's certificate is shown, trusted, rejected, and that is written down", async () => {
  const [seen, ...others] = (await web.get(PATH, technician)).json();
  expect(others).toEqual([]);
  expect(seen).toMatchObject({ subject: "CN=plc", state: "seen", dates: "valid" });
  expect(Object.keys(seen)).not.toContain("file");
  expect((await decide(seen.thumbprint, "trusted")).json()).toMatchObject({ state: "trusted" });
  expect((await web.get(PATH, technician)).json()).toMatchObject([{ state: "trusted" }]);
  expect((await decide(seen.thumbprint, "rejected")).statusCode).toBe(200);
  expect((await web.get(PATH, technician)).json()).toMatchObject([{ state: "rejected" }]);
  const [entry] = await readAudit(accessFiles(web.folder).audit, { limit: 1 });
  expect(entry).toMatchObject({ action: "certificate", who: "the-technician" });
  expect(entry?.detail).toBe(`filler: rejected, ${seen.thumbprint}, CN=plc`);
});

test("what is not there is said, and nothing is guessed from a few digits", async () => {
  expect((await decide("0".repeat(40), "trusted")).statusCode).toBe(404);
  expect((await decide("00ff", "trusted")).statusCode).toBe(400);
  const [of, none] = ["/api/channels/sim/certificates", "/api/channels/none/certificates"];
  expect((await web.get(of, technician)).json()).toMatchObject({ code: "not-found" });
  expect((await web.get(none, technician)).json()).toMatchObject({ code: "not-found" });
});
