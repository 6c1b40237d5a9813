import type { UpdateAnswer } from "@headgate/gateway/api-types";
import { session } from "../session.svelte.ts";
import { AskError, ask } from "./ask.ts";

/** Small enough for a phone at the edge of its network: one that fails is sent again. */
const PIECE_BYTES = 1024 * 1024;
const TRIES_MAX = 5;
const PAUSE_MS = 1_000;

/** Sends an update piece by piece; what it answers last says what it is. */
export async function sendUpdate(file: File, onSent: (share: number) => void) {
  let answer: UpdateAnswer = null;
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    const bytes = await inBase64(file.slice(offset, offset + PIECE_BYTES));
    answer = await sendPiece({ offset, size: file.size, bytes });
    onSent(Math.min(1, (offset + PIECE_BYTES) / file.size));
  }
  return answer;
}

async function sendPiece(body: { offset: number; size: number; bytes: string }) {
  for (let tries = 1; ; tries++) {
    try {
      return await ask<UpdateAnswer>("api/update/file", {
        method: "PUT",
        body,
        csrf: session.csrf,
      });
    } catch (error) {
      const problem = error instanceof AskError ? error.problem : null;
      // Whoever is too fast waits; whoever was cut off tries again.
      const isPassing = problem === null || problem.code === "too-many";
      if (!isPassing || tries === TRIES_MAX) throw error;
      const seconds = Number(problem?.params.seconds ?? 0);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + 1000 * seconds));
    }
  }
}

function inBase64(piece: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(piece);
  });
}
