import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describeError, Misconfigured } from "@headgate/model";
import { type UserIdentityInfo, UserTokenType } from "node-opcua-client";
import type { Config } from "./settings.ts";

/** Who the session is to be for: nobody, a user name, or the holder of a certificate. */
export async function identityOf(config: Config): Promise<UserIdentityInfo> {
  const { username, password, userCertificate, userKey } = config;
  if (userCertificate !== undefined && userKey !== undefined) {
    const certificate = new X509Certificate(await pemOf("userCertificate", userCertificate));
    const privateKey = await pemOf("userKey", userKey);
    return { type: UserTokenType.Certificate, certificateData: certificate.raw, privateKey };
  }
  if (username === undefined || password === undefined) return { type: UserTokenType.Anonymous };
  return { type: UserTokenType.UserName, userName: username, password };
}

async function pemOf(key: string, given: string): Promise<string> {
  if (given.startsWith("-----BEGIN")) return given;
  try {
    return await readFile(given, "utf8");
  } catch (error) {
    throw new Misconfigured(`${key}: ${describeError(error)}`, { cause: error });
  }
}
