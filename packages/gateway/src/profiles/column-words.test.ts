import { expect, it } from "vitest";
import { isType, orderWord, tableWord, typeWord } from "./column-words.ts";

it.each([
  ["int16", "int16"],
  ["UINT16", "uint16"],
  ["U16", "uint16"],
  ["s32", "int32"],
  ["f32", "float32"],
  ["short", "int16"],
  ["WORD", "uint16"],
  ["REAL", "float32"],
  ["LREAL", "float64"],
  ["Double", "float64"],
  ["float (32 bit)", "float32"],
  ["Float64", "float64"],
  ["unsigned integer 32", "uint32"],
  ["Unsigned 16-bit", "uint16"],
  ["32位浮点数", "float32"],
  ["浮点型", "float32"],
  ["单精度浮点数", "float32"],
  ["双精度", "float64"],
  ["无符号16位", "uint16"],
  ["１６位无符号整数", "uint16"],
  ["32位有符号整型", "int32"],
  ["有符号", "int16"],
  ["Boolean", "bool"],
  ["开关量", "bool"],
  ["bcd32", "bcd32"],
  ["bits", "bits"],
  ["string", "string"],
])("the type %s is %s", (written, type) => {
  expect(typeWord(written)).toBe(type);
  expect(isType(type)).toBe(true);
});

it.each(["uint32 (swapped)", "int24", "float8", "date", "uint48", "数"])(
  "%s is no type",
  (written) => {
    expect(isType(typeWord(written))).toBe(false);
  },
);

it.each([
  ["Holding Registers", "holding"],
  ["Input Register", "input"],
  ["input", "input"],
  ["Discrete Input", "discrete"],
  ["Input Status", "discrete"],
  ["Coils", "coil"],
  ["03", "holding"],
  ["0x04", "input"],
  ["03H", "holding"],
  ["03/06/16", "holding"],
  ["fc 4", "input"],
  ["功能码03", "holding"],
  ["4x", "holding"],
  ["保持寄存器", "holding"],
  ["输入寄存器区", "input"],
])("the table %s is %s", (written, table) => {
  expect(tableWord(written)).toBe(table);
});

it.each(["", "5", "register", "D"])("%j is no table", (written) => {
  expect(tableWord(written)).toBeUndefined();
});

it.each([
  ["CD AB", "CDAB"],
  ["3412", "CDAB"],
  ["big-endian", "ABCD"],
  ["大端", "ABCD"],
  ["ba", "BA"],
  ["little-endian", undefined],
  ["swapped", undefined],
])("the order %s is %s", (written, order) => {
  expect(orderWord(written)).toBe(order);
});
