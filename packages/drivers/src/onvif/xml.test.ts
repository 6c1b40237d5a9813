import { describe, expect, it } from "vitest";
import { allNamed, escapeXml, find, parseXml, textAt } from "./xml.ts";

describe("parseXml", () => {
  it("resolves prefixes, entities and CDATA, and leaves digits text", () => {
    const root = parseXml(
      `<?xml version="1.0"?><!-- c --><a:root xmlns:a="urn:a" xmlns="urn:d">
        <a:serial>00123</a:serial><plain kind="x&lt;y" a:n='1'/>
        <t>a &amp; &#29275;<![CDATA[<raw>]]></t></a:root>`,
    );
    expect([root.name, root.namespace]).toEqual(["root", "urn:a"]);
    expect(textAt(root, "serial")).toBe("00123");
    expect(find(root, "plain")).toMatchObject({
      namespace: "urn:d",
      attributes: { kind: "x<y", n: "1" },
    });
    expect(textAt(root, "t")).toBe("a & 牛<raw>");
    expect(allNamed(root, "nothing")).toEqual([]);
    expect(textAt(root, "serial", "nothing")).toBeUndefined();
  });

  it.each([
    ["", "too early"],
    ["<a><b></a></b>", "not open"],
    ["<a>", "too early"],
    ["<a/><b/>", "two roots"],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "well-formed"],
    ["<a x=1/>", "well-formed"],
    ["<a>".repeat(200), "too deep"],
  ])("refuses %j", (text, why) => {
    expect(() => parseXml(text)).toThrow(why);
  });

  it("reads what escapeXml wrote", () => {
    const text = `<&>"'牛`;
    expect(parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`)).toMatchObject({
      text,
      attributes: { b: text },
    });
  });
});
