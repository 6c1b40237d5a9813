import { describe, expect, it } from "vitest";
import { RecordVerifier, type StoredSample } from "./verify-record.ts";

const EPOCH = "e1";
const stored = (block: number, index: number, over: Partial<StoredSample> = {}): StoredSample => ({
  point: `m/p${index}`,
  t: 1000 * block,
  value: (10 * block + 1) * 4096 + index,
  quality: "good",
  epoch: EPOCH,
  block,
  index,
  ...over,
});
const commits = [
  { stream: "main", epoch: EPOCH, first: 1, last: 1, samples: 2 },
  { stream: "main", epoch: EPOCH, first: 2, last: 2, samples: 2 },
];
const record = () => [stored(1, 0), stored(1, 1), stored(2, 0), stored(2, 1)];
const judge = (samples: readonly StoredSample[]) => {
  const verifier = new RecordVerifier(1000);
  for (const sample of samples) verifier.add(sample);
  return verifier.verdict(commits);
};

describe("the record's verifier", () => {
  it("finds nothing in a complete record", () => {
    expect(judge(record())).toMatchObject({ lostCount: 0, twiceCount: 0, wrongCount: 0 });
  });

  it("sees a lost sample and a lost block", () => {
    expect(judge(record().slice(0, 3)).lostCount).toBe(1);
    expect(judge(record().slice(0, 2)).lostCount).toBe(2);
  });

  it("sees a sample stored twice, in its place and in another block", () => {
    expect(judge([...record(), stored(2, 1)]).twiceCount).toBeGreaterThan(0);
    const again = stored(3, 1, { t: 2000, value: stored(2, 1).value });
    expect(judge([...record(), again]).twiceCount).toBe(1);
  });

  it("sees another point's value, an older value and one that was never served", () => {
    for (const value of [stored(2, 0).value, 4096 + 1, 5000 * 4096 + 1]) {
      expect(judge([...record().slice(0, 3), stored(2, 1, { value })]).wrongCount).toBe(1);
    }
  });
});
