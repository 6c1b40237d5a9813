import { expect, test } from "vitest";
import { plainBlock, plainGap } from "../../testing/receiver-store-contract.ts";
import { Lags, ReceiveMeter } from "./receive-meter.ts";

const arrival = (gatewayId: string, seq: number) => ({ gatewayId, entry: plainBlock(seq) });
const linesOf = (meter: ReceiveMeter, atMs: number) =>
  meter
    .text(atMs)
    .split("\n")
    .filter((line) => !line.startsWith("#"));

test("what was committed is counted by gateway", () => {
  const meter = new ReceiveMeter();
  const arrivals = [arrival("a", 1), arrival("a", 1), arrival("b", 1), arrival("b", 2)];
  const gap = { gatewayId: "b", entry: plainGap(3, 9) };
  const verdicts = ["stored", "duplicate", "refused", "conflict", "stored"] as const;
  meter.committed([...arrivals, gap], verdicts, 60);
  const lines = linesOf(meter, 0);
  expect(lines).toContain('headgate_receiver_blocks_total{gateway="a"} 1');
  expect(lines).toContain('headgate_receiver_samples_total{gateway="a"} 3');
  expect(lines).toContain('headgate_receiver_duplicates_total{gateway="a"} 1');
  expect(lines).toContain('headgate_receiver_refused_total{gateway="b"} 1');
  expect(lines).toContain('headgate_receiver_conflicts_total{gateway="b"} 1');
  expect(lines).toContain('headgate_receiver_gaps_total{gateway="b"} 1');
  expect(lines).toContain('headgate_receiver_commit_seconds_bucket{le="0.05"} 0');
  expect(lines).toContain('headgate_receiver_commit_seconds_bucket{le="0.1"} 1');
  expect(lines).toContain("headgate_receiver_commit_seconds_count 1");
});

test("holes and what lies above them are missing, in all epochs together", () => {
  const lags = new Lags();
  const seen = (epoch: string, target: number) => ({
    ...{ gatewayId: "g", stream: "main" as const, epoch, target },
    covered: [
      { first: 1, last: 2 },
      { first: 5, last: 6 },
    ],
  });
  for (const one of [seen("e1", 9), seen("e2", 4)]) lags.add(one);
  expect([...lags]).toEqual([["g", { missingCount: 2 + 3 + 2, holeCount: 2 + 2 }]]);
});

test("what is missing is told with how long it has been, and of our own gateways only", () => {
  const meter = new ReceiveMeter();
  meter.stands('g "1"', { missingCount: 7, holeCount: 2 }, 1000);
  meter.stands('g "1"', { missingCount: 3, holeCount: 2 }, 2000);
  meter.owns(["00"]);
  const lines = linesOf(meter, 4000);
  expect(lines).toContain('headgate_receiver_missing_blocks{gateway="g \\"1\\""} 3');
  expect(lines).toContain('headgate_receiver_missing_seconds{gateway="g \\"1\\""} 3');
  expect(lines).toContain('headgate_receiver_shard_owned{shard="00"} 1');
  meter.stands('g "1"', { missingCount: 0, holeCount: 0 }, 5000);
  expect(linesOf(meter, 6000)).toContain(
    'headgate_receiver_missing_seconds{gateway="g \\"1\\""} 0',
  );
  meter.forget(['g "1"']);
  expect(meter.text(0)).not.toContain("gateway=");
});
