import { describe, expect, it } from "vitest";
import { parseSoap, passwordDigest, soapRequest } from "./soap.ts";
import { find, parseXml, textAt } from "./xml.ts";

const envelope = (body: string) =>
  `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>${body}</e:Body></e:Envelope>`;

describe("SOAP", () => {
  it("makes the password digest of the ONVIF application programmer's guide", () => {
    const token = {
      username: "user",
      password: "userpassword",
      nonce: Buffer.from("LKqI6G/AikKCQrN0zqZFlg==", "base64"),
      created: "2010-09-16T07:50:45Z",
    };
    expect(passwordDigest(token)).toBe("tuOSpGlFlIXsozq4HFNeeGeFLEI=");
  });

  it("escapes user names and gives reference parameters back", () => {
    const [axisId] = parseXml(
      '<p xmlns:d="http://www.axis.com/2009/event"><d:SubscriptionId>7</d:SubscriptionId></p>',
    ).children;
    const request = parseXml(
      soapRequest("<x/>", {
        token: { username: "a<b", password: "p", nonce: Buffer.alloc(16), created: "now" },
        addressing: {
          to: "http://c/s?a=1&b=2",
          action: "urn:act",
          messageId: "urn:uuid:1",
          referenceParameters: axisId ? [axisId] : [],
        },
      }),
    );
    const header = find(request, "Header");
    expect(textAt(header, "Security", "UsernameToken", "Username")).toBe("a<b");
    expect(textAt(header, "To")).toBe("http://c/s?a=1&b=2");
    expect(find(header, "SubscriptionId")).toMatchObject({
      namespace: "http://www.axis.com/2009/event",
      text: "7",
      attributes: { IsReferenceParameter: "true" },
    });
  });

  it("tells a refused login from other faults", () => {
    const fault = (subcode: string, reason: string) =>
      parseSoap(
        envelope(
          `<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>${subcode}</e:Value>` +
            `</e:Subcode></e:Code><e:Reason><e:Text>${reason}</e:Text></e:Reason></e:Fault>`,
        ),
      );
    expect(fault("ter:NotAuthorized", "no")).toMatchObject({ isNotAuthorized: true });
    expect(fault("ter:Action", "Sender not Authorized")).toMatchObject({ isNotAuthorized: true });
    expect(fault("ter:InvalidArgVal", "bad token")).toEqual({
      kind: "fault",
      isNotAuthorized: false,
      reason: "bad token, ter:InvalidArgVal",
    });
  });

  it("throws on a page that is no SOAP", () => {
    expect(() => parseSoap("<html><body><p/></body></html>")).toThrow("not a SOAP answer");
    expect(() => parseSoap(envelope(""))).toThrow("not a SOAP answer");
  });
});
