import type { Look } from "@headgate/model";
import { exceptionText } from "../reply.ts";
import { answersIn, type Heard, type HeardFrame } from "./heard.ts";

/** Puts one question to the unit and listens on for so long after its answer. */
export type Put = (pdu: Buffer, afterMs: number) => Promise<Heard>;

/** A second one that answers does so within this time of the first. */
const SECOND_MS = 30;

/** Any device has a word on each of them, if only a refusal. */
const QUESTIONS = [
  [3, 0, 1],
  [4, 0, 1],
  [3, 0, 2],
  [4, 0, 2],
  [3, 1, 1],
] as const;

/** What one question came to. */
type Echo = "nothing" | "answer" | "two answers" | "garbled";

/**
 * One question where it is answered well, or not at all. Where something else came, several that
 * differ: two devices of one id garble each other, or answer one after the other.
 */
export async function lookAt(unitId: number, put: Put): Promise<Look> {
  const echoes: Echo[] = [];
  const others = new Set<number>();
  let said = "";
  let answerMs: number | null = null;
  for (const [code, from, count] of QUESTIONS) {
    const pdu = Buffer.from([code, 0, from, 0, count]);
    const heard = await put(pdu, SECOND_MS);
    for (const frame of heard.frames) if (frame.unitId !== unitId) others.add(frame.unitId);
    const answers = answersIn(heard.frames, { unitId, pdu });
    const echo = echoOf(answers, heard.noiseCount);
    echoes.push(echo);
    if (echo === "answer") {
      answerMs ??= heard.answerMs;
      said = textOf(answers[0] as HeardFrame);
    }
    if (echoes.length === 1 && (echo === "answer" || echo === "nothing")) break;
  }
  const outcome = outcomeOf(echoes);
  const isGateway = outcome === "present" && /exception 1[01]\)/.test(said);
  return {
    outcome: isGateway ? "absent" : outcome,
    device: { unitId },
    said: outcome === "present" ? said : troubleOf(outcome, echoes),
    answerMs,
    others: [...others],
  };
}

function echoOf(answers: readonly HeardFrame[], noiseCount: number): Echo {
  if (answers.length > 1) return "two answers";
  if (noiseCount > 0) return "garbled";
  return answers.length === 1 ? "answer" : "nothing";
}

/** One garbled answer among several good ones is a bad line, not a second device. */
function outcomeOf(echoes: readonly Echo[]): Look["outcome"] {
  const count = (echo: Echo) => echoes.filter((one) => one === echo).length;
  if (count("two answers") > 0) return "conflict";
  if (count("garbled") >= 2) return "garbled";
  return count("answer") > 0 ? "present" : "absent";
}

function troubleOf(outcome: Look["outcome"], echoes: readonly Echo[]): string {
  if (outcome === "conflict") return "two answers to one question";
  const garbled = echoes.filter((echo) => echo === "garbled").length;
  return outcome === "garbled" ? `${garbled} of ${echoes.length} answers are garbled` : "";
}

/** "holding:0 is 1234", or the refusal: both show that somebody is there. */
function textOf({ pdu }: HeardFrame): string {
  const code = pdu[0] as number;
  return code & 0x80 ? exceptionText(pdu[1] ?? 0) : "answers";
}
