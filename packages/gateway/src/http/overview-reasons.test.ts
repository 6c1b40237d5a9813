import { expect, test } from "vitest";
import { overviewReasons } from "./overview-reasons.ts";

/** The page's own function, out of the page's own script. */
const inChinese = new Function(`${overviewReasons}; return reasonInChinese;`)() as (
  reason: string,
) => string;

test.each([
  ["timeout", "超时"],
  ["timeout, next try in 2 s", "超时，2 秒后重试"],
  ["timeout after 500 ms", "500 毫秒内无应答"],
  ["timeout: no answer from unit 9 within 500 ms", "超时：单元号 9 在 500 毫秒内无应答"],
  ["illegal data address (exception 2)", "数据地址无效（异常码 2）"],
  ["illegal data address (exception 2), next try in 64 s", "数据地址无效（异常码 2），64 秒后重试"],
  ["gateway target failed to respond (exception 11)", "总线网关后的设备无应答（异常码 11）"],
  ["not available (0x8000)", "设备未提供数值（0x8000）"],
  ["not a number (0x7fc00000)", "不是有效数字（0x7fc00000）"],
  ["connection lost", "连接已断开"],
  ["line down: connection to 10.0.0.7:502 lost", "线路中断：与 10.0.0.7:502 的连接已断开"],
  [
    "line down: connection to 10.0.0.7:502 lost: read ECONNRESET",
    "线路中断：与 10.0.0.7:502 的连接已断开",
  ],
  [
    "line down: connect to 10.0.0.7:502: connection refused; check the port (ECONNREFUSED)",
    "线路中断：连接 10.0.0.7:502：连接被拒绝",
  ],
  [
    "connect to 10.0.0.7:502: no way to the host; check the cable (EHOSTUNREACH)",
    "连接 10.0.0.7:502：网络不通",
  ],
  ["connect to 10.0.0.7:502: connect ECONNREFUSED 10.0.0.7:502", "连接 10.0.0.7:502：连接被拒绝"],
  [
    "line down: connect to plc:502: no answer within 3000 ms",
    "线路中断：连接 plc:502：3000 毫秒内无应答",
  ],
  [
    "line down: connect to plc:502: getaddrinfo ENOTFOUND plc",
    "线路中断：连接 plc:502：找不到主机",
  ],
  [
    'connect "mqtt://b:1883": connect ECONNREFUSED b:1883; check host and port',
    "连接 mqtt://b:1883：连接被拒绝",
  ],
  [
    "bus-1: connected, but 3 requests in a row had no answer; check the unit ids, and more",
    "bus-1：已连接，但连续 3 次请求无应答；请检查单元号",
  ],
])("%s is said in Chinese", (english, chinese) => {
  expect(inChinese(english)).toBe(chinese);
});

test.each([
  'open serial "/dev/ttyUSB0": no such device; plug in the adapter',
  "timeout of the milk pump",
  "a picture: not available at night",
])("%s has no pattern and stays as it is", (reason) => {
  expect(inChinese(reason)).toBe(reason);
});

test("what is not known stays English within what is known", () => {
  expect(inChinese("line down: the dog ate {1} $& it")).toBe("线路中断：the dog ate {1} $& it");
});
