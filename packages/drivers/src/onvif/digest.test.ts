import { describe, expect, it } from "vitest";
import { authorize, chooseChallenge, parseChallenges } from "./digest.ts";

// The example of RFC 7616, section 3.9.1.
const NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
const challenge = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
  `nonce="${NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const demand = {
  username: "Mufasa",
  password: "Circle of Life",
  method: "GET",
  path: "/dir/index.html",
  count: 1,
  clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};
const answer = (headers: string[]) => {
  const chosen = chooseChallenge(parseChallenges(headers));
  return chosen && authorize(chosen, demand);
};

describe("HTTP digest", () => {
  it.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("answers the %s example of RFC 7616", (algorithm, response) => {
    const header = answer([challenge(algorithm)]);
    expect(header).toContain(`response="${response}"`);
    expect(header).toContain("qop=auth, nc=00000001");
  });

  it("answers the example of RFC 2069, which has no qop", () => {
    const [old] = parseChallenges(['Digest realm="testrealm@host.com", nonce="n"']);
    const header = old && authorize(old, demand);
    expect(header).not.toContain("qop");
    expect(header).not.toContain("cnonce");
  });

  it("prefers SHA-256 to MD5 and digest to basic, in one header or in several", () => {
    const headers = ['Basic realm="x"', challenge("MD5"), challenge("SHA-256")];
    expect(answer(headers)).toContain("algorithm=SHA-256");
    expect(answer([headers.join(", ")])).toContain("algorithm=SHA-256");
    expect(answer(headers.slice(0, 1))).toBe(
      `Basic ${Buffer.from("Mufasa:Circle of Life").toString("base64")}`,
    );
  });

  it("leaves what it cannot answer", () => {
    expect(answer(['Digest realm="r", nonce="n", qop="auth-int"'])).toBeUndefined();
    expect(answer(['Digest realm="r", nonce="n", algorithm=SHA-512-256'])).toBeUndefined();
    expect(answer(["Negotiate"])).toBeUndefined();
  });
});
