import { copyFile, cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { BROKERS, type BrokerKind } from "../peers/brokers.ts";
import { lastHeads } from "./at-rest.ts";
import type { Cell } from "./cell.ts";
import { again, type Fault, pause } from "./fault.ts";
import type { Rig } from "./rig.ts";

/** What a broker had acknowledged and not delivered is gone with it. */
function forgetful({ broker, format, mode }: Cell): string {
  const { isForgetful, forgetsSubscribers, protocol }: BrokerKind = BROKERS[broker];
  if (mode === "broker" && isForgetful) return "a killed broker forgets what it acknowledged";
  const isUnheard = protocol === "3.1.1" || format === "json";
  if (mode === "broker+hold" && forgetsSubscribers && isUnheard) {
    return "a broker that forgot its subscribers takes what nobody gets";
  }
  return "";
}

/** The receiver thanks the broker as soon as it has a message; its own word comes after commit. */
export function unheard({ mode }: Cell): string {
  return mode === "receiver" ? "" : "what a receiver had not committed when it died";
}

/** Killed so often, mosquitto may never have come to save who subscribes: it does each second. */
function unsaved({ format, mode, broker }: Cell): string {
  const isUnasked = format === "json" && mode === "broker+hold";
  if (!isUnasked || !broker.startsWith("mosquitto")) return "";
  return "a broker killed before it saved its subscribers takes what nobody gets";
}

const hasReceiver = ({ format }: Cell) => format !== "json";

async function killBroker({ broker, rng }: Rig, downMsMax: number): Promise<void> {
  await broker.kill();
  await pause(rng.between(0, downMsMax));
  await broker.restart();
}

const STOP_MS_MAX = 15_000;
const SENT_MS_MAX = 90_000;

export const PROCESS_FAULTS: Readonly<Record<string, Fault>> = {
  "broker killed": {
    about: "kill -9 of the broker, up to 4 s away",
    strike: (rig, seconds) =>
      again(rig, { seconds, pauseMsMax: 6000 }, () => killBroker(rig, 4000)),
    notPromised: forgetful,
  },
  "broker flaps": {
    about: "kill -9 of the broker each second",
    strike: (rig, seconds) => again(rig, { seconds, pauseMsMax: 1000 }, () => killBroker(rig, 100)),
    isPossible: ({ broker }) => broker !== "rabbitmq",
    notPromised: (cell) => forgetful(cell) || unsaved(cell),
  },
  "gateway killed": {
    about: "kill -9 of the gateway at random",
    strike: (rig, seconds) =>
      again(rig, { seconds, pauseMsMax: 4000 }, async () => {
        await rig.gateway.kill();
        await pause(rig.rng.between(0, 500));
        rig.gateway.start();
      }),
  },
  "gateway frozen": {
    about: "the gateway's process stands still for up to 5 s",
    strike: (rig, seconds) =>
      again(rig, { seconds, pauseMsMax: 4000 }, async () => {
        rig.gateway.freeze();
        await pause(rig.rng.between(500, 5000));
        rig.gateway.thaw();
      }),
  },
  "receiver killed": {
    about: "kill -9 of the receiver at random",
    strike: (rig, seconds) =>
      again(rig, { seconds, pauseMsMax: 4000 }, async () => {
        await rig.receiver?.kill();
        await pause(rig.rng.between(0, 1000));
        rig.receiver?.start();
      }),
    isPossible: hasReceiver,
    notPromised: unheard,
  },
  "receiver restored": {
    about: "the receiver's store is replaced by an older copy of itself",
    strike: restoreReceiver,
    isPossible: hasReceiver,
    mayHaveGaps: true,
    notPromised: ({ mode }) =>
      mode === "receiver"
        ? ""
        : "without a receiver's word nobody sends again what a store has lost",
  },
  "gateway restored": {
    about: "the gateway's data folder is replaced by an older copy of itself",
    strike: restoreGateway,
    mayHaveEpochs: true,
    notPromised: () => "",
  },
};

/** Stops it, copies its store, lets it go on, and puts the copy back. */
async function restoreReceiver(rig: Rig, seconds: number): Promise<number> {
  const { receiver, store } = rig;
  const backup = `${store}.backup`;
  await pause(300 * seconds);
  await receiver?.stop(STOP_MS_MAX);
  await copyFile(store, backup);
  receiver?.start();
  await pause(400 * seconds);
  await receiver?.kill();
  await pause(200);
  for (const suffix of ["-wal", "-shm", ""]) await rm(store + suffix, { force: true });
  await copyFile(backup, store);
  receiver?.start();
  await pause(300 * seconds);
  return 1;
}

/** Goes back to a copy after everything since was sent: what a disk image does. */
async function restoreGateway(rig: Rig, seconds: number): Promise<number> {
  const { gateway, folder } = rig;
  const data = join(folder, "data");
  const backup = join(folder, "data-backup");
  await pause(200 * seconds);
  await gateway.stop(STOP_MS_MAX);
  await cp(data, backup, { recursive: true });
  gateway.start();
  await pause(400 * seconds);
  // What only the folder has would go with it: nothing new comes, and all of it is sent.
  process.kill(rig.meters.pid, "SIGSTOP");
  const isSent = (await lastHeads(rig, SENT_MS_MAX)) !== null;
  if (isSent) await gateway.kill();
  process.kill(rig.meters.pid, "SIGCONT");
  if (!isSent) throw new Error("the backlog did not end before the folder was replaced");
  await rm(data, { recursive: true });
  await cp(backup, data, { recursive: true });
  gateway.start();
  await pause(400 * seconds);
  return 1;
}
