import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVirtualMeter, startVirtualCamera } from "@headgate/drivers/testing";
import { Program } from "../faults/program.ts";
import { BUILT_HEADGATE } from "../integration/peers/headgate.ts";
import { Mosquitto } from "../integration/peers/mosquitto.ts";
import { RunningGateway } from "../integration/peers/running-gateway.ts";
import { startSocatPair } from "../integration/peers/socat-pair.ts";
import { tablesOfProfile } from "./profile-meter.ts";

/** A gateway as it comes out of the carton, and what it is to be connected with. */
export interface Carton {
  readonly gateway: RunningGateway;
  /** As the label on the box has it. */
  readonly claimCode: string;
  /** Addresses of what does not show by itself: a meter over TCP, and a camera. */
  readonly places: string;
  readonly brokerUrl: string;
  /** Somebody gives a device a wrong order of bytes: its numbers become nonsense. */
  spoil(device: string, order: string): Promise<void>;
  /** Ends everything, and removes its files. */
  end(): Promise<void>;
}

/** Two serial lines, by unit id. */
const LINES: readonly Readonly<Record<number, string>>[] = [
  { 1: "eastron-sdm630", 2: "eastron-sdm120", 5: "eastron-sdm72-v2" },
  { 1: "inepro-pro380", 3: "abb-b23" },
];
const ON_NETWORK = "eastron-sdm630";
const START_MS_MAX = 60_000;

/** Six devices on two serial lines and a port, a camera, a broker and a receiver; all is built. */
export async function openCarton(): Promise<Carton> {
  const endings: (() => Promise<unknown>)[] = [];
  const end = async () => {
    for (const one of endings.splice(0).reverse()) await one();
  };
  try {
    const paths: string[] = [];
    for (const line of LINES) {
      const pair = await startSocatPair();
      endings.push(() => pair.stop());
      const units = Object.entries(line).map(async ([unitId, profile]) => {
        return [Number(unitId), await tablesOfProfile(profile)] as const;
      });
      const meters = createVirtualMeter({ units: Object.fromEntries(await Promise.all(units)) });
      await meters.attach(pair.theirs);
      endings.push(() => meters.close());
      paths.push(pair.ours);
    }
    const onNetwork = createVirtualMeter({ units: { 1: await tablesOfProfile(ON_NETWORK) } });
    const port = await onNetwork.listen();
    endings.push(() => onNetwork.close());
    const camera = await startVirtualCamera({ title: "gate" });
    endings.push(() => camera.stop());
    const broker = await Mosquitto.start();
    endings.push(() => broker.stop());
    await startReceiver(broker.url, endings);
    const gateway = await startGateway(paths, endings);
    await tried(() => gateway.status());
    const codeFile = join(gateway.folder, "data/web/claim-code");
    const claimCode = (await tried(() => readFile(codeFile, "utf8"))).trim();
    const places = `127.0.0.1:${port}, http://127.0.0.1:${camera.port}`;
    const spoil = (device: string, order: string) => spoilOrder(gateway, { device, order });
    return { gateway, claimCode, places, brokerUrl: broker.url, spoil, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** As a program with the token of this machine does it. */
async function spoilOrder(
  { folder, url }: RunningGateway,
  { device, order }: { readonly device: string; readonly order: string },
): Promise<void> {
  const token = (await readFile(join(folder, "data/web/local-token"), "utf8")).trim();
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const edits = [{ path: ["devices", device, "order"], value: order }];
  const asked = { method: "POST", headers, body: JSON.stringify({ edits }) };
  const answer = await fetch(`${url}/api/config/draft`, asked);
  const { text, version } = (await answer.json()) as { text: string; version: number };
  const applied = await fetch(`${url}/api/config`, {
    method: "PUT",
    headers: { ...headers, "if-match": `"${version}"` },
    body: JSON.stringify({ text, why: "a wrong order" }),
  });
  if (!applied.ok) throw new Error(`spoil ${device}: ${await applied.text()}`);
}

type Endings = (() => Promise<unknown>)[];

async function startReceiver(url: string, endings: Endings): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-upstream-"));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  const words = [BUILT_HEADGATE, "receive", "--url", url, "--store", join(folder, "store.db")];
  const receiver = new Program({ name: "receiver", words, folder });
  endings.push(() => receiver.kill());
  receiver.start();
}

async function startGateway(paths: readonly string[], endings: Endings): Promise<RunningGateway> {
  const config = { gateway: { id: "headgate-7f3a", timezone: "Asia/Shanghai" } };
  const gateway = await RunningGateway.prepare(config);
  endings.push(() => gateway.end());
  // Pseudo-terminals are in no list of serial ports; and no network of this machine is asked.
  gateway.start({ HEADGATE_FIND: paths.join(",") });
  return gateway;
}

/** What `attempt` comes to, once it succeeds. */
async function tried<T>(attempt: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + START_MS_MAX;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
