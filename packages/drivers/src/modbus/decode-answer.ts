import { good, missing } from "@headgate/model";
import type { PlannedRequest, Run } from "./read-plan.ts";
import type { ScanSamples } from "./scan-samples.ts";

/** Makes samples of what was read, dated by `samples.timestampMs`. */
export function decodeAnswer(planned: PlannedRequest, bytes: Buffer, samples: ScanSamples): void {
  const { runs, pointIds } = planned;
  for (let nth = 0; nth < runs.length; nth++) {
    const run = runs[nth] as Run;
    if (run.decoder.isPlainWord) decodeWords(run, bytes, { pointIds, samples });
    else decodeRun(run, bytes, { pointIds, samples });
  }
}

interface DecodedRun {
  readonly pointIds: readonly string[];
  readonly samples: ScanSamples;
}

/** The same as `decodeRun` for what is read most, without calls. */
function decodeWords(run: Run, bytes: Buffer, { pointIds, samples }: DecodedRun) {
  const { from, to, index, step } = run;
  const { list, timestampMs } = samples;
  for (let one = from, at = run.at, to_ = index; one < to; one++, at += step, to_++) {
    const value = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    list[to_] = good(pointIds[one] as string, timestampMs, value);
  }
}

function decodeRun(run: Run, bytes: Buffer, { pointIds, samples }: DecodedRun) {
  const { decoder, from, to, index, step } = run;
  const { list, timestampMs } = samples;
  for (let one = from, at = run.at; one < to; one++, at += step) {
    const pointId = pointIds[one] as string;
    const value = decoder.decode(bytes, at);
    list[index + one - from] =
      value === null
        ? missing(pointId, timestampMs, decoder.explain(bytes, at))
        : good(pointId, timestampMs, value);
  }
}
