import { z } from "zod";
import { duration } from "../duration.ts";
import { parseField } from "./field-of.ts";
import { type NodeAddress, parseNodeAddress } from "./node-address.ts";

const policies = [
  "None",
  "Basic256Sha256",
  "Aes128_Sha256_RsaOaep",
  "Aes256_Sha256_RsaPss",
  // Broken since long: only for servers that know nothing better.
  "Basic256",
  "Basic128Rsa15",
] as const;

/** A channel's settings: one session on one server. */
export const configSchema = z
  .strictObject({
    endpoint: z
      .string()
      .regex(/^opc\.tcp:\/\/[^\s/]+/, 'write the endpoint as "opc.tcp://host:4840/path"'),
    /** The same data from other servers, in the order in which they are tried. */
    alternatives: z
      .array(z.string().regex(/^opc\.tcp:\/\/[^\s/]+/, "write opc.tcp://host:4840/path"))
      .max(7)
      .default([]),
    securityPolicy: z.enum(policies).default("None"),
    /** Left out: None without a policy, SignAndEncrypt with one. */
    securityMode: z.enum(["None", "Sign", "SignAndEncrypt"]).optional(),
    username: z.string().min(1).optional(),
    password: z.string().optional(),
    /** Instead of them a person's certificate and key: absolute paths of PEM files, or the PEM. */
    userCertificate: z.string().min(1).optional(),
    userKey: z.string().min(1).optional(),
    /** How long the server keeps a silent session. */
    requestedSessionTimeout: duration.default(60_000),
    /** How often the server sends what it has sampled. */
    publishingInterval: duration.default(500),
    /** Longest wait for the connection and for each answer. */
    timeout: duration.default(5_000),
    /** Nodes in one read request; the server's own limit wins if it is lower. */
    readChunk: z.int().min(1).max(10_000).default(500),
    /** Monitored items in one create request; the server's own limit wins if it is lower. */
    itemChunk: z.int().min(1).max(10_000).default(500),
  })
  .superRefine((config, problems) => {
    const { securityPolicy, securityMode, username, password } = config;
    if (securityMode && (securityPolicy === "None") !== (securityMode === "None")) {
      problems.addIssue({
        code: "custom",
        path: ["securityMode"],
        message:
          `securityMode ${securityMode} does not go with securityPolicy ${securityPolicy}; ` +
          "both must be None, or neither",
      });
    }
    if ((config.userCertificate === undefined) !== (config.userKey === undefined)) {
      const path = [config.userKey === undefined ? "userKey" : "userCertificate"];
      const message = "give both userCertificate and userKey, or none";
      problems.addIssue({ code: "custom", path, message });
    } else if (config.userKey !== undefined && username !== undefined) {
      const message = "give a username or a userCertificate, not both";
      problems.addIssue({ code: "custom", path: ["username"], message });
    }
    if ((username === undefined) !== (password === undefined)) {
      const path = username === undefined ? "username" : "password";
      problems.addIssue({
        code: "custom",
        path: [path],
        message: `${path} is missing; give both username and password, or none for anonymous`,
      });
    }
  });

/** What a device adds to its channel. */
export const deviceSchema = z.strictObject({
  /** Fetch from the server's history what was missed while the line was lost. */
  history: z.boolean().default(false),
});

/** Where a point is found in the server and how often it is sampled there. */
export const addressSchema = z.strictObject({
  address: z.string().transform((text, problems): NodeAddress => {
    const address = parseNodeAddress(text);
    if (address) return address;
    problems.addIssue({
      code: "custom",
      message: 'write a node id such as "ns=2;s=Filler.Speed" or "nsu=urn:dairy:filler;i=7"',
    });
    return z.NEVER;
  }),
  /** Of a subscribed point: how often the server looks at it. */
  sampling: duration.default(500),
  /** A part of a structure or an array: "Place.x", "Curve[2]". */
  field: z
    .string()
    .transform((text, problems) => {
      const steps = parseField(text);
      if (steps) return steps;
      const message = 'write a field such as "Place.x", "Curve[2]" or "[0].Number"';
      problems.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .optional(),
  /** A method of the node: writing the point calls it with the value. */
  method: z
    .string()
    .transform((text, problems) => {
      const address = parseNodeAddress(text);
      if (address) return address;
      problems.addIssue({ code: "custom", message: "write the node id of a method" });
      return z.NEVER;
    })
    .optional(),
  /** What the device says, if absent. */
  history: z.boolean().optional(),
});

/** What `configSchema` gives. */
export type Config = z.infer<typeof configSchema>;
/** What `addressSchema` gives. */
export type Address = z.infer<typeof addressSchema>;
/** What `deviceSchema` gives. */
export type Device = z.infer<typeof deviceSchema>;
