import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A certificate and its key, as PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** "IP:127.0.0.1", "DNS:meter". */
  readonly altName?: string;
  /** Below 0: it has expired. */
  readonly days?: number;
  /** The role of Modbus/TCP Security. */
  readonly role?: string;
}

/** An authority made by openssl; its certificates lie in a folder. */
export function createAuthority(folder: string, name: string) {
  const run = (...words: string[]) => execFileSync("openssl", words, { stdio: "ignore" });
  const pathOf = (file: string) => join(folder, `${name}-${file}`);
  const ca = pathOf("ca.crt");
  const caKey = pathOf("ca.key");
  run("req", "-x509", ...NEW_KEY, "-keyout", caKey, "-out", ca, "-subj", `/CN=${name}`);
  return {
    ca,
    issue(file: string, { altName, days = 30, role }: CertificateOptions = {}): Certificate {
      const [key, request, cert] = ["key", "csr", "crt"].map((end) => pathOf(`${file}.${end}`));
      if (!key || !request || !cert) throw new Error("three names");
      run("req", ...NEW_KEY, "-keyout", key, "-out", request, "-subj", `/CN=${file}`);
      const extensions = pathOf(`${file}.ext`);
      const lines = [
        altName === undefined ? "" : `subjectAltName=${altName}\n`,
        role === undefined ? "" : `1.3.6.1.4.1.50316.802.1=ASN1:UTF8String:${role}\n`,
      ];
      writeFileSync(extensions, lines.join(""));
      const signed = ["-in", request, "-CA", ca, "-CAkey", caKey, "-CAcreateserial"];
      run("x509", "-req", ...signed, "-days", `${days}`, "-extfile", extensions, "-out", cert);
      return { cert, key };
    },
  };
}
