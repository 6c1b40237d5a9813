import { missing } from "@headgate/model";
import type { PlannedRequest, Run } from "./read-plan.ts";
import type { ScanSamples } from "./scan-samples.ts";

/** Puts in what was read, dated by `samples.timestampMs`. */
export function decodeAnswer(planned: PlannedRequest, bytes: Buffer, samples: ScanSamples): void {
  const { runs, pointIds } = planned;
  for (let nth = 0; nth < runs.length; nth++) {
    const run = runs[nth] as Run;
    if (run.decoder.isPlainWord) decodeWords(run, bytes, samples);
    else decodeRun(run, bytes, { pointIds, samples });
  }
}

/** The same as `decodeRun` for what is read most, without calls. */
function decodeWords({ from, to, index, at, step }: Run, bytes: Buffer, samples: ScanSamples) {
  const end = index + to - from;
  const list = samples.listFor(index, end);
  for (let into = index, from = at; into < end; into++, from += step) {
    list[into] = ((bytes[from] as number) << 8) | (bytes[from + 1] as number);
  }
}

interface DecodedRun {
  readonly pointIds: readonly string[];
  readonly samples: ScanSamples;
}

function decodeRun(run: Run, bytes: Buffer, { pointIds, samples }: DecodedRun) {
  const { decoder, from, to, index, step } = run;
  const list = samples.listFor(index, index + to - from);
  for (let one = from, at = run.at; one < to; one++, at += step) {
    list[index + one - from] =
      decoder.decode(bytes, at) ??
      missing(pointIds[one] as string, samples.timestampMs, decoder.explain(bytes, at));
  }
}
