export * from "./fuzz-meter-frames.ts";
export * from "./virtual-camera.ts";
export * from "./virtual-meter.ts";
export * from "./virtual-meter-line.ts";
export * from "./virtual-meter-registers.ts";
export * from "./virtual-meter-unit.ts";
export * from "./virtual-plc.ts";
export * from "./virtual-plc-variable.ts";
