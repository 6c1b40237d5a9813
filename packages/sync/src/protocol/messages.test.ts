import { describe, expect, it } from "vitest";
import { pointListOf } from "../block/hash.ts";
import { BadFrame } from "./bad-frame.ts";
import { type Ack, encodeMessage, parseAck, parseHello, parseRequest } from "./messages.ts";
import { decodePointList, encodePointList } from "./point-list-record.ts";
import { ackTopic, dataTopic, fenceTopic, helloTopic, parseTopic, recordTopic } from "./topics.ts";

describe("messages", () => {
  it("come back as they were sent, less what this version does not know", () => {
    const ack: Ack = {
      v: 1,
      c: "main",
      inc: "i1",
      at: 5,
      streams: [{ st: "main", ep: "e1", w: 7, sack: [[9, 11]], max: 11 }],
    };
    expect(parseAck(encodeMessage(ack))).toEqual(ack);
    expect(parseAck(Buffer.from(JSON.stringify({ ...ack, more: 1 })))).toEqual(ack);
    const will = Buffer.from('{"v":1,"gw":"g","online":false}');
    expect(parseHello(will)).toEqual({ v: 1, gw: "g", online: false });
  });

  it.each([
    "",
    "[]",
    '{"v":2}',
    '{"v":1,"id":"x","op":"format-disk"}',
    '{"v":1,"id":"x","op":"resend","st":"main","ep":"e","lo":0,"hi":1}',
  ])("%j is a BadFrame", (text) => {
    expect(() => parseRequest(Buffer.from(text))).toThrow(BadFrame);
  });

  it("a point list is proved by its hash", () => {
    const list = pointListOf(["a/x", "b/y"]);
    const payload = encodePointList({ gatewayId: "g", ...list });
    expect(decodePointList(payload)).toEqual({ gatewayId: "g", ...list });
    const forged = encodePointList({ gatewayId: "g", ...list, hash: "0".repeat(16) });
    expect(() => decodePointList(forged)).toThrow(BadFrame);
  });
});

describe("topics", () => {
  it.each([
    [dataTopic("r/1", "g", "main", "l"), { kind: "data", stream: "main", lane: "l" }],
    [recordTopic("r/1", "g", "media"), { kind: "record", stream: "media" }],
    [dataTopic("r/1", "g", "events", "b"), { kind: "data", stream: "events", lane: "b" }],
    [helloTopic("r/1", "g"), { kind: "hello" }],
    [fenceTopic("r/1", "g"), { kind: "fence" }],
    [ackTopic("r/1", "g", "main"), { kind: "ack", receiverId: "main" }],
  ])("%s is taken apart", (topic, expected) => {
    expect(parseTopic("r/1", topic)).toEqual({ gatewayId: "g", ...expected });
  });

  it.each([
    "r/2/g/hello",
    "r/1/g",
    "r/1/g/d/main",
    "r/1/g/d/main/x",
    "r/1/g/hello/x",
    "r/1//hello",
  ])("%s is none of ours", (topic) => expect(parseTopic("r/1", topic)).toBeNull());
});
