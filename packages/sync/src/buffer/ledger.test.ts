import { expect, test } from "vitest";
import { Ledger } from "./ledger.ts";

const EPOCH = { stream: "main", epoch: "e" } as const;

test("only what every uplink has acknowledged is deleted", () => {
  const ledger = new Ledger(["cloud", "local"]);
  ledger.update([{ ...EPOCH, tailSeq: 1, next: 10, isCurrent: true, isForked: false }], []);
  ledger.acknowledge("cloud", [{ ...EPOCH, first: 1, last: 6 }]);
  expect(ledger.settled().trims).toEqual([]);
  ledger.acknowledge("local", [{ ...EPOCH, first: 4, last: 9 }]);
  ledger.acknowledge("of an old configuration", [{ ...EPOCH, first: 1, last: 9 }]);
  expect(ledger.settled().trims).toEqual([{ ...EPOCH, first: 4, last: 6 }]);
});

test("what one uplink refuses is wanted by those that neither have nor refused it", () => {
  const ledger = new Ledger(["cloud", "local"]);
  ledger.update([{ ...EPOCH, tailSeq: 1, next: 10, isCurrent: true, isForked: false }], []);
  const range = { ...EPOCH, first: 3, last: 4 };
  expect(ledger.isWantedByOthers(range, "cloud")).toBe(true);
  expect(ledger.isWantedByOthers(range, "local")).toBe(false);
  const later = { ...EPOCH, first: 6, last: 6 };
  expect(ledger.isWantedByOthers(later, "cloud")).toBe(true);
  ledger.acknowledge("local", [{ ...EPOCH, first: 5, last: 9 }]);
  expect(ledger.isWantedByOthers(later, "cloud")).toBe(false);
});

test("without an uplink nothing is deleted", () => {
  const ledger = new Ledger([]);
  ledger.update([{ ...EPOCH, tailSeq: 1, next: 10, isCurrent: false, isForked: false }], []);
  ledger.acknowledge("cloud", [{ ...EPOCH, first: 1, last: 9 }]);
  expect(ledger.settled()).toEqual({ trims: [], gaps: [], emptyEpochs: [] });
});
