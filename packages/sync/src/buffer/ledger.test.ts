import { expect, test } from "vitest";
import { Ledger } from "./ledger.ts";

const EPOCH = { stream: "main", epoch: "e" } as const;

test("only what every uplink has acknowledged is deleted", () => {
  const ledger = new Ledger(["cloud", "local"]);
  ledger.update([{ ...EPOCH, tailSeq: 1, next: 10, isCurrent: true }], []);
  ledger.acknowledge("cloud", [{ ...EPOCH, first: 1, last: 6 }]);
  expect(ledger.settled().trims).toEqual([]);
  ledger.acknowledge("local", [{ ...EPOCH, first: 4, last: 9 }]);
  ledger.acknowledge("of an old configuration", [{ ...EPOCH, first: 1, last: 9 }]);
  expect(ledger.settled().trims).toEqual([{ ...EPOCH, first: 4, last: 6 }]);
});

test("without an uplink nothing is deleted", () => {
  const ledger = new Ledger([]);
  ledger.update([{ ...EPOCH, tailSeq: 1, next: 10, isCurrent: false }], []);
  ledger.acknowledge("cloud", [{ ...EPOCH, first: 1, last: 9 }]);
  expect(ledger.settled()).toEqual({ trims: [], gaps: [], emptyEpochs: [] });
});
