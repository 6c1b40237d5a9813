import { expect, it } from "vitest";
import { type Dated, expiryNotice } from "./watch-certificates.ts";

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 26, 12);

it.each([
  ["own", 31, null],
  ["own", 30, "certificate-expiring"],
  ["server", 1, "certificate-expiring"],
  ["server", 0, "certificate-expired"],
  ["own", -400, "certificate-expired"],
] as const)("the %s certificate that ends in %i days: %s", (whose, days, code) => {
  const dated: Dated = { whose, validToMs: nowMs + days * dayMs, file: "/data/own.pem" };
  expect(expiryNotice(dated, nowMs)?.code ?? null).toBe(code);
});

it("says when, and what to do", () => {
  const validToMs = nowMs + 3 * dayMs;
  expect(expiryNotice({ whose: "own", validToMs, file: "/data/own.pem" }, nowMs)?.text).toMatch(
    /expires on 2026-11-29; take "\/data\/own.pem" away/,
  );
  expect(expiryNotice({ whose: "server", validToMs }, validToMs + dayMs)?.text).toMatch(
    /the server's certificate expired on 2026-11-29; have it renewed/,
  );
});
