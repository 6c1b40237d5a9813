import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { headgate } from "./peers/headgate.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

// Runs in network and mount namespaces of its own, as their root: a gateway on one side of a cable,
// on the other a broker that it is told of, under two addresses. Prints what came of each trial.

const OURS = "10.77.0.254";
const [BROKER, ELSEWHERE] = ["10.77.0.1", "10.77.0.2"];
const PORT = 1883;
const WAIT_MS = 60_000;

const run = (program: string, ...words: string[]) =>
  execFileSync(program, words, { encoding: "utf8" });
const peers: ChildProcess[] = [];
const inPeer = (pid: number) => ["-t", `${pid}`, "-n"];

/** The other end of a cable, in a namespace of its own. */
async function openPlant(): Promise<number> {
  const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  peers.push(holder);
  // It answers once it is where it belongs.
  holder.stdin.write("there\n");
  await once(holder.stdout, "data");
  const pid = holder.pid ?? 0;
  run("ip", "link", "set", "lo", "up");
  run("ip", "link", "add", "ours", "type", "veth", "peer", "name", "theirs", "netns", `${pid}`);
  run("ip", "addr", "add", `${OURS}/24`, "dev", "ours");
  run("ip", "link", "set", "ours", "up");
  for (const address of [BROKER, ELSEWHERE]) {
    run("nsenter", ...inPeer(pid), "ip", "addr", "add", `${address}/24`, "dev", "theirs");
  }
  run("nsenter", ...inPeer(pid), "ip", "link", "set", "theirs", "up");
  return pid;
}

/** "open", or the code of the fault. */
async function reached(host: string, port = PORT): Promise<string> {
  const socket = connect({ host, port, timeout: 10_000 });
  const end = new Promise<string>((resolve) => {
    socket.once("connect", () => resolve("open"));
    socket.once("timeout", () => resolve("timeout"));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(`${code}`));
  });
  const told = await end;
  socket.destroy();
  return told;
}

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = Date.now() + WAIT_MS;
  while (Date.now() < deadlineMs) {
    if (await isSo().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function startBroker(plant: number, folder: string): Promise<boolean> {
  const conf = join(folder, "mosquitto.conf");
  const lines = ["user root", `listener ${PORT} 0.0.0.0`, "allow_anonymous true"];
  await writeFile(conf, `${lines.join("\n")}\n`);
  const words = [...inPeer(plant), "mosquitto", "-c", conf];
  peers.push(spawn("nsenter", words, { stdio: "ignore" }));
  return await until(async () => (await reached(ELSEWHERE)) === "open");
}

/** Somebody out there opens a connection to us, as a browser or a SCADA does. */
async function answered(plant: number): Promise<string> {
  const server = createServer((socket) => socket.end("hello\n")).listen(0, OURS);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const script = `exec 3<>/dev/tcp/${OURS}/${port}; head -1 <&3`;
  const asking = spawn("nsenter", [...inPeer(plant), "bash", "-c", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  asking.stdout.on("data", (some) => {
    text += some;
  });
  await once(asking, "close");
  server.close();
  return text.trim();
}

const gateway = await RunningGateway.prepare({
  channels: { sim: { driver: "simulated" }, line: { driver: "modbus-tcp", host: BROKER } },
  devices: { tank: { channel: "sim", points: { t: { mean: 4 } } } },
  uplinks: {
    cloud: { type: "mqtt", url: "mqtt://broker.plant", format: "json", allowPlain: true },
  },
});
const config = join(gateway.folder, "gateway.yaml");
const hosts = join(gateway.folder, "hosts");
const servers = join(gateway.folder, "resolv.conf");
const apply = async (user: string) => {
  const { code, err } = await headgate("firewall", "-c", config, "--user", user, "--apply");
  if (code !== 0) throw new Error(err);
};
const isUp = async () => (await gateway.status()).uplinks[0]?.state.kind === "up";
const counted = () =>
  Number(
    /packets (\d+)/.exec(run("nft", "list", "counter", "inet", "headgate", "undeclared"))?.[1],
  );

try {
  const plant = await openPlant();
  await writeFile(hosts, `127.0.0.1 localhost\n${BROKER} broker.plant\n`);
  run("mount", "--bind", hosts, "/etc/hosts");
  const told: Record<string, unknown> = { isBrokerThere: await startBroker(plant, gateway.folder) };

  await apply("4711");
  told.ofAnotherUser = await reached(ELSEWHERE);

  await apply("0");
  gateway.start();
  told.isUplinkUp = await until(isUp);
  told.elsewhere = await reached(ELSEWHERE);
  told.otherPort = await reached(BROKER, 8080);
  told.declaredPort = await reached(BROKER, 502);
  told.toWhoAsks = await answered(plant);
  const before = counted();
  told.isCounted = before >= 2;

  // The name server is away: what was known of the name goes on, and so does the count.
  await writeFile(hosts, "127.0.0.1 localhost\n");
  await apply("0");
  told.withoutNames = await reached(BROKER);
  told.isCountKept = counted() >= before;

  const { uplinks: _, ...others } = JSON.parse(await readFile(config, "utf8"));
  await writeFile(config, JSON.stringify(others));
  await apply("0");
  told.noLongerDeclared = await reached(BROKER);

  // After a power cut: name servers that are silent for minutes, and a name that this box knows.
  run("nft", "flush", "ruleset");
  await writeFile(hosts, `127.0.0.1 localhost\n${BROKER} plc.plant\n`);
  await writeFile(servers, "nameserver 10.77.0.3\noptions timeout:30 attempts:5\n");
  run("mount", "--bind", servers, "/etc/resolv.conf");
  run("ip", "neigh", "add", "10.77.0.3", "lladdr", "02:00:00:00:00:01", "dev", "ours");
  const line = (host: string) => ({ driver: "modbus-tcp", host, port: PORT });
  const away = [1, 2, 3, 4, 5].map((n) => [`away-${n}`, line(`plc-${n}.away.example`)] as const);
  const channels = { ...Object.fromEntries(away), near: line("plc.plant") };
  await writeFile(config, JSON.stringify({ gateway: { id: "g" }, channels }));
  await apply("0");
  told.knownHere = await reached(BROKER);
  process.stdout.write(JSON.stringify(told));
} finally {
  for (const peer of peers.reverse()) peer.kill();
  await gateway.end();
}
