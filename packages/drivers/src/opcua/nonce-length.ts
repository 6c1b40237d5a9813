import { getCryptoFactory, SecurityPolicy } from "node-opcua-client";
import type { Config } from "./settings.ts";

const keyBytes = 16;
const newerBytes = 32;

/**
 * Servers disagree on the nonce of Basic128Rsa15: as long as its key, or the 32 bytes that newer
 * editions of the standard ask of every policy. The library takes one length only; this changes it
 * to the other. False if `error` is not about that.
 */
export function tryOtherNonceLength(error: unknown, { securityPolicy }: Config): boolean {
  if (securityPolicy !== "Basic128Rsa15" || !/nonce length/.test(String(error))) return false;
  const factory = getCryptoFactory(SecurityPolicy.Basic128Rsa15);
  if (!factory) return false;
  factory.symmetricKeyLength = factory.symmetricKeyLength === keyBytes ? newerBytes : keyBytes;
  return true;
}
