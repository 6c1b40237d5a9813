import { createInterface } from "node:readline";
import { drawScene, type Scene, sceneLine } from "./scene.ts";

/** Where people watch the demo and give commands. */
export interface Terminal {
  show(scene: Omit<Scene, "news">): void;
  /** Something happened. */
  say(text: string): void;
  onCommand(obey: (command: string) => void): void;
  close(): void;
}

/** Lines, for pipes and logs: every this many seconds one that says it all. */
const LINE_EVERY = 5;
const CLEAR = "\u001b[H\u001b[2J";

/** A screen that is redrawn and obeys keys; on a pipe, plain lines and words. */
export function createTerminal(): Terminal {
  return process.stdout.isTTY && process.stdin.isTTY ? createScreen() : createLines();
}

function createScreen(): Terminal {
  const news: string[] = [];
  const { stdin, stdout } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  return {
    show(scene) {
      const width = stdout.columns;
      const lines = drawScene({ ...scene, news }).map((line) => line.slice(0, width));
      stdout.write(`${CLEAR}${lines.join("\r\n")}\r\n`);
    },
    say(text) {
      const at = new Date().toTimeString().slice(0, 8);
      news.push(...text.split("\n").map((line) => `${at} ${line}`));
      stdout.write(`${text.replaceAll("\n", "\r\n")}\r\n`);
    },
    onCommand: (obey) =>
      void stdin.on("data", (keys: string) => {
        for (const key of keysIn(keys)) obey(key);
      }),
    close() {
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

/** Keys that come together are several; an arrow or a function key is none of ours. */
function keysIn(data: string): string[] {
  return data.startsWith("\u001b") ? [] : [...data];
}

function createLines(): Terminal {
  let count = 0;
  const input = createInterface({ input: process.stdin });
  return {
    show(scene) {
      if (count++ % LINE_EVERY === 0)
        process.stdout.write(`${sceneLine({ ...scene, news: [] })}\n`);
    },
    say: (text) => void process.stdout.write(`${text}\n`),
    onCommand: (obey) =>
      void input.on("line", (line) => {
        if (line.trim() !== "") obey(line.trim());
      }),
    close() {
      input.close();
      process.stdin.pause();
    },
  };
}
