import { VirtualRegisters } from "@headgate/drivers/testing";

const HOUR_MS = 3_600_000;
const VOLTS = 230;
const startedMs = Date.now();

/** Seconds since the pasture was opened. */
const elapsedS = () => (Date.now() - startedMs) / 1000;
/** A smooth wave around `mean`, each `phase` its own. */
const wave = (mean: number, swing: number, periodS: number, phase = 0) =>
  mean + swing * Math.sin((2 * Math.PI * elapsedS()) / periodS + phase);
const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;

/** Fresh milk comes in warm, the cooler takes it to 4 °C. */
export const milkTemperature = () => 4 + 31 * Math.exp(-(elapsedS() % 600) / 150);

/** Registers of the milk tank: temperature in tenths at 0, litres as float32 CDAB at 2. */
export function tankRegisters(): VirtualRegisters {
  return new VirtualRegisters()
    .setInt16(0, () => Math.round(milkTemperature() * 10))
    .set(1, 0)
    .setFloat32(2, () => round(850 + (elapsedS() % 600) * 1.5, 1), "CDAB")
    .set(4, 40);
}

/** Registers of the vacuum pump: kPa in tenths, speed, running hours in hundredths. */
export function pumpRegisters(): VirtualRegisters {
  return new VirtualRegisters()
    .setUint16(0, () => Math.round(wave(44, 2, 7) * 10))
    .setUint16(1, () => Math.round(wave(1450, 40, 11)))
    .setUint32(2, () => Math.floor(1_234_500 + elapsedS() / 36));
}

/** Watts of one phase of a meter. */
const watts = (phase: number) => wave(2400, 900, 40, phase);
const energyKwh = (baseKwh: number) => baseKwh + (7.2 * (Date.now() - startedMs)) / HOUR_MS;

/** Input registers of an Eastron SDM630 (float32 ABCD), gaps filled with zeros as in the meter. */
export function sdm630Registers(): VirtualRegisters {
  const registers = new VirtualRegisters().set(0, ...new Array(0x166).fill(0));
  for (const phase of [0, 1, 2]) {
    registers.setFloat32(2 * phase, () => round(wave(VOLTS, 2, 30, phase), 1));
    registers.setFloat32(6 + 2 * phase, () => round(watts(phase) / VOLTS, 3));
    registers.setFloat32(12 + 2 * phase, () => round(watts(phase), 1));
    registers.setFloat32(18 + 2 * phase, () => round(watts(phase) / 0.95, 1));
    registers.setFloat32(24 + 2 * phase, () => round(watts(phase) * 0.3, 1));
    registers.setFloat32(30 + 2 * phase, 0.95);
    registers.setFloat32(0x15a + 2 * phase, () => round(energyKwh(48_211) / 3, 2));
  }
  const totalWatts = () => watts(0) + watts(1) + watts(2);
  return registers
    .setFloat32(0x34, () => round(totalWatts(), 1))
    .setFloat32(0x38, () => round(totalWatts() / 0.95, 1))
    .setFloat32(0x3c, () => round(totalWatts() * 0.3, 1))
    .setFloat32(0x3e, 0.95)
    .setFloat32(0x46, () => round(wave(50, 0.03, 20), 2))
    .setFloat32(0x48, () => round(energyKwh(48_211), 2))
    .setFloat32(0x156, () => round(energyKwh(48_211), 2));
}

/** Holding registers of a Chint DTSU666: float32 that hold scaled whole numbers. */
export function dtsu666Registers(): VirtualRegisters {
  const registers = new VirtualRegisters()
    .set(0x1010, ...new Array(0x40).fill(0))
    .set(0x2000, ...new Array(0x60).fill(0));
  for (const phase of [0, 1, 2]) {
    registers.setFloat32(0x2006 + 2 * phase, () => Math.round(wave(2300, 20, 30, phase)));
    registers.setFloat32(0x200c + 2 * phase, () => Math.round((watts(phase) / VOLTS) * 500));
    registers.setFloat32(0x2014 + 2 * phase, () => Math.round(watts(phase) * 5));
    registers.setFloat32(0x201c + 2 * phase, () => Math.round(watts(phase) * 1.9));
    registers.setFloat32(0x202c + 2 * phase, 930);
    registers.setFloat32(0x1020 + 2 * phase, () => round(energyKwh(9_120) / 6, 2));
  }
  return registers
    .setFloat32(0x2012, () => Math.round((watts(0) + watts(1) + watts(2)) * 5))
    .setFloat32(0x201a, () => Math.round((watts(0) + watts(1) + watts(2)) * 1.9))
    .setFloat32(0x202a, 930)
    .setFloat32(0x2044, () => Math.round(wave(5000, 3, 20)))
    .setFloat32(0x101e, () => round(energyKwh(9_120) / 2, 2))
    .setFloat32(0x1028, 0);
}
