import { z } from "zod";
import { durationPattern } from "./quantity.ts";

// A device model's points as data. Addresses are the document's numbers, `documentOffset` makes
// them wire addresses.

const table = z.enum(["holding", "input", "coil", "discrete"]);
const type = z.string().meta({ description: "A type of the driver: float32, uint64, bit, …" });
const order = z.string().regex(/^[A-H]{2,8}$/);
const scanText = z.string().regex(durationPattern);
const texts = z.strictObject({ en: z.string(), zh: z.string() });
const sentinel = z.union([z.int(), z.string().regex(/^0x[0-9A-Fa-f]+$/)]);

const pointFields = {
  address: z.int().min(0).max(465_536),
  table: table.optional(),
  type: type.optional(),
  order: order.optional(),
  bit: z.int().min(0).max(15).optional(),
  mask: z.int().min(1).max(0xffff).optional(),
  shift: z.int().min(0).max(15).optional(),
  byte: z.enum(["low", "high"]).optional(),
  length: z.int().min(1).max(125).optional().meta({ description: "Registers of a string" }),
  scale: z.number().optional(),
  offset: z.number().optional(),
  scaledBy: z.array(z.string()).optional().meta({
    description: "Parameters that scale is multiplied by: [ct, pt]",
  }),
  unit: z.string().optional(),
  nan: z.array(sentinel).optional().meta({ description: "Raw values that mean: not measured" }),
  min: z.number().optional(),
  max: z.number().optional(),
  scan: scanText.optional(),
  access: z.enum(["read", "readWrite"]).optional(),
  meaning: z
    .string()
    .regex(/^[a-z0-9]+(\.[a-z0-9-]+)*$/)
    .optional()
    .meta({ description: "What it is, for every model alike: energy.active.import" }),
  group: z.enum(["instantaneous", "energy", "quality", "settings"]).optional(),
};
const pointSchema = z.strictObject(pointFields);
const changedPointSchema = pointSchema.partial().nullable();

const defaultsSchema = z.strictObject({
  table: table.optional(),
  type: type.optional(),
  order: order.optional(),
  nan: z.record(z.string(), z.array(sentinel)).optional().meta({
    description: "By type, raw values that mean: not measured",
  }),
  scan: scanText.optional(),
});

const variantSchema = z.strictObject({
  name: texts,
  documentOffset: z.int().optional(),
  defaults: defaultsSchema.optional(),
  points: z.record(z.string(), changedPointSchema).optional().meta({
    description: "Changes to the points; null takes one away",
  }),
});

/** One device model. */
export const profileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  manufacturer: z.string().min(1),
  model: z.string().min(1),
  name: texts,
  driver: z.literal("modbus").meta({ description: "A driver family: modbus-tcp, modbus-rtu, …" }),
  sources: z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: "Where the registers' facts are from; a second source comes second" }),
  verified: z.enum(["hardware", "second source", "one source", "manual"]),
  notes: z.array(z.string()).optional().meta({ description: "Traps for whoever installs it" }),
  documentOffset: z
    .int()
    .default(0)
    .meta({ description: "wire address = address + this: 0, -1, -40001" }),
  defaults: defaultsSchema.default({}),
  limits: z
    .strictObject({
      maxRegisters: z.int().min(1).max(125).optional(),
      maxGap: z.int().min(0).max(124).optional(),
    })
    .default({}),
  parameters: z
    .record(z.string(), z.strictObject({ name: texts, default: z.number() }))
    .default({}),
  variants: z.record(z.string(), variantSchema).default({}),
  points: z.record(z.string(), pointSchema),
});

/** One device model. */
export type Profile = z.infer<typeof profileSchema>;
/** One point of a device model. */
export type ProfilePoint = z.infer<typeof pointSchema>;
