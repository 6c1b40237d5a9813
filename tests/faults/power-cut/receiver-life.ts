// One life of a receiver's store: it takes blocks, some twice, and says what it would acknowledge.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { type Arrival, openSqliteStore } from "@headgate/sync/receiver";
import { Rng } from "../../simulation/rng.ts";
import {
  arrivalOf,
  epochOf,
  GATEWAYS,
  LIST,
  SAMPLES_PER_BLOCK,
  STREAMS,
} from "./receiver-blocks.ts";
import type { ReceiverWord } from "./receiver-truth.ts";

const [directory = "", seedText = "1", startText = "0", turnsText = "100"] = process.argv.slice(2);
const rng = new Rng(Number(seedText));
const store = openSqliteStore(join(directory, "upstream.db"));

function say(word: ReceiverWord): void {
  writeSync(1, `${JSON.stringify(word)}\n`);
}

/** Mostly the next blocks, some again, some far ahead; now and then a gap that is filled later. */
function arrivalsOfTurn(): Arrival[] {
  return Array.from({ length: rng.between(1, 8) }, () => {
    const gatewayId = GATEWAYS[rng.between(0, GATEWAYS.length - 1)] ?? "";
    const stream = rng.chance(0.9) ? "main" : "media";
    const covered = store.standing(gatewayId, 16).find((one) => one.stream === stream)?.covered;
    const next = (covered?.[0]?.last ?? 0) + 1;
    const seq = rng.chance(0.8) ? next : rng.between(Math.max(1, next - 20), next + 20);
    if (stream === "media" || rng.chance(0.95)) return arrivalOf(gatewayId, stream, seq);
    const last = seq + rng.between(0, 3);
    // What the blocks would tell: some of them may be stored, all of them even.
    const counts = { sampleCount: (last - seq + 1) * SAMPLES_PER_BLOCK, fromMs: seq, toMs: last };
    const span = { first: seq, last, ...counts };
    const head = { kind: "gap", stream, epoch: epochOf(gatewayId, stream) } as const;
    return { gatewayId, entry: { ...head, ...span, reason: "capacity" } };
  });
}

function sayStanding(): void {
  const { incarnation } = store;
  for (const gatewayId of GATEWAYS) {
    for (const { stream, epoch, covered } of store.standing(gatewayId, 16)) {
      say({ incarnation, gatewayId, stream, epoch, covered });
    }
  }
}

if (STREAMS.length > 0 && startText === "0") sayStanding();
for (const gatewayId of GATEWAYS) await store.addPointList({ gatewayId, ...LIST });
for (let turn = 0; turn < Number(turnsText); turn++) {
  await store.commit(arrivalsOfTurn(), Number(startText) + turn);
  sayStanding();
}
if (rng.chance(0.5)) process.kill(process.pid, "SIGKILL");
await store.close();
