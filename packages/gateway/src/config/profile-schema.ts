import { z } from "zod";
import { GROUPS, MEANINGS } from "../profiles/meanings.ts";
import { durationPattern } from "./quantity.ts";

// A device model's points as data. Addresses are the document's numbers, `documentOffset` makes
// them wire addresses.

const table = z.enum(["holding", "input", "coil", "discrete"]);
const type = z.string().meta({ description: "A type of the driver: float32, uint64, bit, …" });
const order = z.string().regex(/^[A-H]{2,8}$/);
const scanText = z.string().regex(durationPattern);
const texts = z.strictObject({ en: z.string(), zh: z.string() });
const sentinel = z.union([z.int(), z.string().regex(/^0x[0-9A-Fa-f]+$/)]);
const range = z.tuple([z.number(), z.number()]);
const verified = z.enum(["hardware", "second source", "one source", "manual"]);

const register = z.int().min(0).max(465_536);
const place = {
  address: register,
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
  nan: z.array(sentinel).optional().meta({ description: "Raw values that mean: not measured" }),
};

const pointFields = {
  ...place,
  address: z
    .union([register, z.string().regex(/^sunspec:|^[0-9A-Fa-f]{4,8}(:time)?$|^[a-z][a-z0-9.]*$/)])
    .meta({
      description: "The document's number, sunspec:103/W, or an item of DL/T 645 or CJ/T 188",
    }),
  format: z.string().optional().meta({
    description: "Of an item that is in no table: XXXXXX.XX, YYMMDDhhmm, NNNN, bits16",
  }),
  signed: z.boolean().optional().meta({
    description: "Of an item of DL/T 645: whether the number's top bit is a sign",
  }),
  skip: z.int().min(0).max(199).optional().meta({
    description: "Bytes of an item before the value; 0 for the first of several",
  }),
  quantity: z.enum(["energy", "power", "volume", "flow"]).optional().meta({
    description: "What an item of CJ/T 188 measures that has a unit byte",
  }),
  unitCode: z.string().optional().meta({
    description: 'Of CJ/T 188, instead of the unit byte that is sent, such as "2C" for m³',
  }),
  scaledBy: z.array(z.string()).optional().meta({
    description: "Parameters that scale is multiplied by: [ct, pt]",
  }),
  unit: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  plausible: range.optional().meta({
    description: "What a healthy device shows, in the point's unit; its meaning's if absent",
  }),
  scan: scanText.optional(),
  access: z.enum(["read", "readWrite"]).optional(),
  meaning: z
    .enum([...MEANINGS.keys()])
    .optional()
    .meta({ description: "What it is, for every model alike: energy.active.import" }),
  group: z.enum(GROUPS).optional().meta({ description: "Its meaning's if absent" }),
  source: z.string().optional().meta({ description: "A key of sources; the first if absent" }),
  verified: verified.optional().meta({ description: "Where it is not the profile's" }),
};
const pointSchema = z.strictObject(pointFields);
const changedPointSchema = pointSchema.partial().nullable();

const checkSchema = z
  .strictObject({
    point: z.string().optional().meta({ description: "A point of the profile, by name" }),
    ...place,
    address: register.optional().meta({ description: "A register that is no point" }),
    within: range.optional().meta({ description: "[least, most], in the point's unit" }),
    equals: z.union([z.number(), z.string()]).optional(),
  })
  .refine(({ point, address }) => (point === undefined) !== (address === undefined), {
    message: "a check is of a point or of a register; write point: or address:",
  })
  .refine(({ point, within, equals }) => (point ?? within ?? equals) !== undefined, {
    message: "a register's check expects something; write within: or equals:",
  });

const probeSchema = z.array(checkSchema).min(1);

const defaultsSchema = z.strictObject({
  table: table.optional(),
  type: type.optional(),
  order: order.optional(),
  nan: z.record(z.string(), z.array(sentinel)).optional().meta({
    description: "By type, raw values that mean: not measured",
  }),
  scan: scanText.optional(),
  scans: z.partialRecord(z.enum(GROUPS), scanText).optional().meta({
    description: "By group, for points without a scan of their own",
  }),
});

const variantSchema = z.strictObject({
  name: texts,
  models: z.array(z.string().min(1)).optional().meta({ description: "Models that are this one" }),
  documentOffset: z.int().optional(),
  defaults: defaultsSchema.optional(),
  probe: probeSchema.optional().meta({ description: "What tells this variant from the others" }),
  points: z.record(z.string(), changedPointSchema).optional().meta({
    description: "Changes to the points; null takes one away",
  }),
});

/** One device model. */
export const profileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  manufacturer: z.string().min(1),
  models: z.array(z.string().min(1)).min(1).meta({
    description: "Models with these registers; those of a variant stand there",
  }),
  name: texts,
  driver: z.enum(["modbus", "dlt645", "cjt188"]).meta({
    description: "A driver family: modbus is modbus-tcp, modbus-rtu, …",
  }),
  sources: z
    .record(z.string().regex(/^[a-z0-9-]+$/), z.string().min(1))
    .refine((sources) => Object.keys(sources).length > 0, "name at least one source")
    .meta({ description: "Where facts are from: document and part; the first is most points'" }),
  verified,
  notes: z.array(z.string()).optional().meta({ description: "Traps for whoever installs it" }),
  unitId: z.int().min(0).max(255).optional().meta({ description: "As it leaves the factory" }),
  serial: z
    .strictObject({
      baudRate: z.int().optional(),
      parity: z.enum(["none", "even", "odd"]).optional(),
      stopBits: z.literal([1, 2]).optional(),
    })
    .optional()
    .meta({ description: "As it leaves the factory; the channel's settings decide" }),
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
  probe: probeSchema.optional().meta({
    description: "What tells this device from others; plausible values of its points if absent",
  }),
  variants: z.record(z.string(), variantSchema).default({}),
  points: z.record(z.string(), pointSchema),
});

/** One device model. */
export type Profile = z.infer<typeof profileSchema>;
/** One point of a device model. */
export type ProfilePoint = z.infer<typeof pointSchema>;
/** One expectation of a probe. */
export type ProbeCheck = z.infer<typeof checkSchema>;
