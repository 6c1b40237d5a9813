// Proves the OPC UA driver against a server that shares no code with it; exit 1 if a proof fails.
// usage: opcua-proof --open62541 DIR [--only NAME] [--minutes 10] [--period 500]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildPeer } from "./build-peer.ts";
import type { Proof } from "./proof.ts";
import { proveBrowse } from "./prove-browse.ts";
import { proveHistory } from "./prove-history.ts";
import { proveItems } from "./prove-items.ts";
import { proveRate } from "./prove-rate.ts";
import { proveRedundancy } from "./prove-redundancy.ts";
import { proveSecurity } from "./prove-security.ts";
import { proveTransfer } from "./prove-transfer.ts";
import { proveValues } from "./prove-values.ts";

const { values } = parseArgs({
  options: {
    open62541: { type: "string", default: process.env.OPEN62541 ?? "" },
    only: { type: "string" },
    minutes: { type: "string", default: "10" },
    period: { type: "string", default: "500" },
  },
});
if (values.open62541 === "") {
  process.stderr.write("say where the sources of open62541 1.5 lie: --open62541 DIR\n");
  process.exit(2);
}

const PROOFS: Readonly<Record<string, Proof>> = {
  security: proveSecurity,
  browse: proveBrowse,
  values: proveValues,
  items: proveItems,
  transfer: proveTransfer,
  history: proveHistory,
  rate: proveRate,
  redundancy: proveRedundancy,
};

const program = await buildPeer(values.open62541);
let failed = 0;
for (const [name, prove] of Object.entries(PROOFS)) {
  if (values.only !== undefined && values.only !== name) continue;
  const directory = await mkdtemp(join(tmpdir(), "headgate-opcua-proof-"));
  const say = (line: string) => process.stdout.write(`${name}: ${line}\n`);
  try {
    const [minutes, periodMs] = [Number(values.minutes), Number(values.period)];
    await prove({ program, directory, minutes, periodMs, say });
  } catch (error) {
    failed++;
    say(`FAILED ${error instanceof Error ? error.stack : error}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}
process.stdout.write(failed === 0 ? "all proved\n" : `${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
