import type { LogLevel } from "../log.ts";
import type { Redact } from "./redact.ts";

const LINES_MAX = 500;
const MESSAGE_CHARACTERS_MAX = 1_000;
const FIELDS_CHARACTERS_MAX = 2_000;
/** Kept beyond what is shown: where a line is cut, half a secret would not be known as one. */
const MARGIN_CHARACTERS = 512;

/** A line of the log. */
export interface LogLine {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  /** What was said beside it, as JSON; "" where nothing was. */
  readonly fields: string;
}

/** The last lines of the log, for those who cannot see where it goes. */
export interface LogLines {
  /** From the oldest to the newest. */
  lines(): readonly LogLine[];
}

/** A stream for pino, beside the one that leads out; bounded, in memory only. */
export class LogRing implements LogLines {
  readonly #lines: LogLine[] = [];
  readonly #linesMax: number;

  constructor(linesMax = LINES_MAX) {
    this.#linesMax = linesMax;
  }

  write(text: string): void {
    this.#lines.push(lineOf(text));
    if (this.#lines.length > this.#linesMax) this.#lines.shift();
  }

  lines(): readonly LogLine[] {
    return this.#lines;
  }
}

/** Lines as they may be shown. */
export function shownLines(lines: readonly LogLine[], redact: Redact): readonly LogLine[] {
  const shown = (text: string, charactersMax: number) => {
    const left = redact(text);
    const isCut = text.length === charactersMax + MARGIN_CHARACTERS;
    const wholeCharacters = left.length - (isCut ? MARGIN_CHARACTERS : 0);
    return left.slice(0, Math.min(Math.max(0, wholeCharacters), charactersMax));
  };
  return lines.map((line) => ({
    ...line,
    message: shown(line.message, MESSAGE_CHARACTERS_MAX),
    fields: shown(line.fields, FIELDS_CHARACTERS_MAX),
  }));
}

/** By pino's numbers; "fatal" is never said. */
function levelOf(number: number): LogLevel {
  if (number >= 50) return "error";
  if (number >= 40) return "warn";
  return number >= 30 ? "info" : "debug";
}

function lineOf(text: string): LogLine {
  const { level, time, msg, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const fields = Object.keys(rest).length === 0 ? "" : JSON.stringify(rest);
  return {
    atMs: Number(time),
    level: levelOf(Number(level)),
    message: String(msg ?? "").slice(0, MESSAGE_CHARACTERS_MAX + MARGIN_CHARACTERS),
    fields: fields.slice(0, FIELDS_CHARACTERS_MAX + MARGIN_CHARACTERS),
  };
}
