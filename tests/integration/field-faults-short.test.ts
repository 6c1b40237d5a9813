import { expect, test } from "vitest";
import { FIELD_FAULTS } from "../faults/field/field-faults-list.ts";
import { isAsPromised } from "../faults/field/field-table.ts";
import { runFieldCell } from "../faults/field/run-field-cell.ts";
import { sharedPeers } from "../faults/field/shared-peers.ts";

// A moment of each; `field-faults --minutes 5` takes them all, on every transport and peer.
const TRANSPORTS = ["tcp", "rtu-over-tcp"] as const;

test("no fault makes a wrong value good, and all is well two rounds after its end", async () => {
  const shared = sharedPeers();
  const cells = TRANSPORTS.flatMap((transport) => {
    const faults = FIELD_FAULTS.filter(({ on }) => on.includes(transport));
    return faults.map((fault) => ({ fault, transport }));
  });
  const options = { faultMs: 1500, pauseMs: 25, shared };
  const outcomes = await Promise.all(
    cells.map((cell) => runFieldCell({ ...cell, peer: "virtual meter" }, options)),
  );
  await shared.stop();
  const told = outcomes.filter((outcome) => !isAsPromised(outcome));
  expect(told.map(({ cell, wrong, ...rest }) => [cell.fault.name, wrong, rest])).toEqual([]);
}, 300_000);
