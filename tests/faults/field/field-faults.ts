// Reads Modbus devices at full rate under every fault, on every transport, against three peers.
// usage: field-faults [--minutes 5] [--seconds 10] [--side-by-side 24] [--pause-ms 10]
//                     [--fault NAME] [--transport NAME] [--peer "virtual meter"|pymodbus|libmodbus]
import { parseArgs } from "node:util";
import { FIELD_FAULTS } from "./field-faults-list.ts";
import { fieldTable, isAsPromised } from "./field-table.ts";
import type { Peer, Transport } from "./rigs.ts";
import { type CellOutcome, type FieldCell, runFieldCell } from "./run-field-cell.ts";
import { sharedPeers } from "./shared-peers.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seconds: { type: "string" },
    "side-by-side": { type: "string", default: "24" },
    "pause-ms": { type: "string", default: "10" },
    fault: { type: "string" },
    transport: { type: "string" },
    peer: { type: "string" },
  },
});

const PEERS: readonly Peer[] = ["virtual meter", "pymodbus", "libmodbus"];
/** libmodbus knows no ASCII, and no RTU on a socket. */
const SPEAKS: Readonly<Record<Peer, readonly Transport[]>> = {
  "virtual meter": ["tcp", "rtu-over-tcp", "rtu", "ascii"],
  pymodbus: ["tcp", "rtu-over-tcp", "rtu", "ascii"],
  libmodbus: ["tcp", "rtu"],
};

const isWanted = (wanted: string | undefined, name: string) =>
  wanted === undefined || wanted === name;
const cells: FieldCell[] = FIELD_FAULTS.flatMap((fault) =>
  PEERS.flatMap((peer) =>
    fault.on
      .filter((transport) => SPEAKS[peer].includes(transport))
      .filter(() => !fault.takesConnection || peer === "virtual meter")
      .map((transport) => ({ fault, transport, peer })),
  ),
).filter(
  ({ fault, transport, peer }) =>
    isWanted(values.fault, fault.name) &&
    isWanted(values.transport, transport) &&
    isWanted(values.peer, peer),
);

const faultMs = values.seconds ? Number(values.seconds) * 1000 : Number(values.minutes) * 60_000;
const shared = sharedPeers();
const options = { faultMs, pauseMs: Number(values["pause-ms"]), shared };
const outcomes: CellOutcome[] = [];
const waiting = [...cells];

async function worker(): Promise<void> {
  for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
    const outcome = await runFieldCell(cell, options);
    outcomes.push(outcome);
    const state = isAsPromised(outcome) ? "ok" : "NOT AS PROMISED";
    const name = `${cell.fault.name}, ${cell.transport}, ${cell.peer}`;
    process.stderr.write(`${outcomes.length}/${cells.length} ${name}: ${state}\n`);
    for (const one of outcome.wrong) process.stderr.write(`  wrong: ${one}\n`);
  }
}

await Promise.all(Array.from({ length: Number(values["side-by-side"]) }, worker));
await shared.stop();
const sorted = outcomes.sort((a, b) => cells.indexOf(a.cell) - cells.indexOf(b.cell));
process.stdout.write(fieldTable(sorted));
const wrongCount = outcomes.reduce((sum, { wrong }) => sum + wrong.length, 0);
const slow = outcomes.filter((one) => !isAsPromised(one) && one.wrong.length === 0).length;
process.stdout.write(
  `\n${outcomes.length} cells, wrong values: ${wrongCount}, slow to recover: ${slow}\n`,
);
process.exitCode = outcomes.every(isAsPromised) ? 0 : 1;
