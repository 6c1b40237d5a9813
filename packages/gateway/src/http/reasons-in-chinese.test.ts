import { describe, expect, it } from "vitest";
import { toldTexts } from "../../testing/told-texts.ts";
import { reasonInChinese, whoInChinese } from "./reasons-in-chinese.ts";

describe("a reason in Chinese", () => {
  it.each<[string, string]>([
    [
      "line down: connect to 10.0.0.9:502: connection refused; check the port",
      "线路中断：连接 10.0.0.9:502：连接被拒绝",
    ],
    [
      'open opcua "opc.tcp://x": the server refuses anonymous; give username and password (BadX)',
      "连接 opc.tcp://x：服务器拒绝匿名访问；请填写用户名和密码（BadX）",
    ],
    [
      'open opcua "opc.tcp://x": the server\'s certificate is not trusted: thumbprint 6ecf48eb, ' +
        'subject "O=Plc, CN=a@b", valid until Nov 23 10:01:58 2036 GMT; if it is the right one, ' +
        'trust it (headgate certificates trust CHANNEL 6ecf48eb -c FILE), or move "a" to "b"',
      "连接 opc.tcp://x：服务器的证书尚未被信任：指纹 6ecf48eb，主体 O=Plc, CN=a@b；请与服务器显示的指纹核对，一致则在该设备的“诊断”页信任",
    ],
    ["timeout: no answer from unit 7 within 500 ms", "超时：单元号 7 在 500 毫秒内无应答"],
    [
      "timeout: no answer from unit 7 within 500 ms, but bytes that are no frame; " +
        "check baudRate and parity, next try in 4 s",
      "超时：单元号 7 在 500 毫秒内无应答，但收到不成帧的字节；请检查波特率和校验位，4 秒后重试",
    ],
    ["timeout after 500 ms, next try in 4 s", "500 毫秒内无应答，4 秒后重试"],
    [
      'write "tank/x": the point is read-only; something else',
      "写入“tank/x”：该点位只读；something else",
    ],
    [
      "item 00050000 (energy.reactive.q1): another error, no such data (error 03); " +
        "the meter does not have this item: remove the point, or correct its address",
      "数据项 00050000 (energy.reactive.q1)：其他错误、无此数据（错误码 03）；该表没有此数据项，请删除该测点或改正其地址",
    ],
    [
      "item 901F of heat: the meter refuses (status 2100); " +
        "check kind and item in the meter's manual",
      "数据项 901F（表类型 heat）：表计拒绝（状态字 2100）；请对照该表的说明书检查 kind 和数据项",
    ],
    [
      'write modbus "tank/x" holding:60: whether it took effect is unknown; read it back: ' +
        "timeout: no answer from unit 1 within 1000 ms",
      "写入 Modbus 点位“tank/x”（holding:60）：不知是否生效；请回读：超时：单元号 1 在 1000 毫秒内无应答",
    ],
    [
      "connection lost: closed by the server or the network, again and again: another client " +
        "may have our id, such as an old box that still runs",
      "连接已断开：一再被服务器或网络关闭：可能有另一台使用相同编号的网关（例如旧网关仍在运行）",
    ],
    ["what nobody knows", "what nobody knows"],
    ["", ""],
  ])("%s", (reason, chinese) => {
    expect(reasonInChinese(reason)).toBe(chinese);
  });

  it("leaves the names of people alone, also where they are words of ours", () => {
    expect(["technician", "the plant", "this machine", "token erp"].map(whoInChinese)).toEqual([
      ...["technician", "the plant", "本机", "令牌 erp"],
    ]);
    expect(reasonInChinese("admin: viewer")).toBe("admin：查看者");
  });

  it("is quick to find where it is known or not", () => {
    const long = `${"a: ".repeat(200)}b`;
    expect(reasonInChinese(long)).toBe(long);
  });
});

/** Names of settings and of things that have no Chinese one. */
const NAMES = new RegExp(
  [
    "https?|headgate|mqtt|jpeg|modbus|opcua|tls|proxy|json|SunSpec|protocol|holding|float\\d+",
    "buffer\\.path|history\\.capacity|web\\.host|versions\\.json|service\\.md|update key",
    "allowPlain|clientId|url|root|ca|config|kind|skip|format|unitCode|securityPolicy|securityMode",
    "username|password|serverName|--selection|--select|CreatePullPointSubscription|PullMessages",
  ].join("|"),
  "gi",
);

describe("whatever the source says", () => {
  it("is known in Chinese: a new text is written into reasons/ too", () => {
    const told = toldTexts();
    expect(told.length).toBeGreaterThan(150);
    const unknown = told.filter(({ text }) => {
      const rest = reasonInChinese(text).replaceAll(/“[^”]*”|"[^"]*"|\([^)]*\)/g, "");
      return /[a-z]{3,}/.test(rest.replaceAll(NAMES, ""));
    });
    expect(unknown.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });
});
