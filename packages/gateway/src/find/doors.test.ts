import { describe, expect, it } from "vitest";
import { doorText, readDoors } from "./doors.ts";

const told = (text: string) => {
  const doors = readDoors(text);
  if (typeof doors === "string") return doors;
  return doors.map((door) => `${doorText(door)} ${door.kinds.join(" ")}`);
};

describe("doors that a person names", () => {
  it.each([
    ["10.0.0.7", ["10.0.0.7:502 meter", "10.0.0.7:80 camera", "10.0.0.7:4840 server"]],
    ["plc:5020", ["plc:5020 meter camera server"]],
    ["cam:8080，plc:4841", ["cam:8080 camera meter server", "plc:4841 server meter camera"]],
    ["opc.tcp://plc http://cam/onvif", ["plc:4840 server", "cam:80 camera"]],
    ["[fe80::1]:502", ["[fe80::1]:502 meter camera server"]],
    ["10.0.0.7:502 10.0.0.7:502", ["10.0.0.7:502 meter camera server"]],
    ["", []],
    ["10.0.0.0/8", "10.0.0.0/8 are 16777214 addresses, more than 1024"],
  ])("%s", (text, expected) => expect(told(text)).toEqual(expected));
});
