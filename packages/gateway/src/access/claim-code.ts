import { randomInt, timingSafeEqual } from "node:crypto";

/** Without letters that are taken for digits. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTER_COUNT = 8;

/** Forty bits, to be typed once: "7K3M-Q9TF". */
export function newClaimCode(): string {
  const letters = Array.from({ length: LETTER_COUNT }, () => LETTERS[randomInt(LETTERS.length)]);
  return `${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
}

/** However it was typed. */
export function isClaimCode(typed: string, code: string): boolean {
  const [given, kept] = [bare(typed), bare(code)].map((text) => Buffer.from(text));
  return given?.length === kept?.length && given && kept ? timingSafeEqual(given, kept) : false;
}

function bare(text: string): string {
  const letters = text.toUpperCase().replaceAll(/[\s-]/g, "");
  return letters.replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}
