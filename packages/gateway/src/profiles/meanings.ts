// One vocabulary for what points mean, whatever the model; docs/profiles.md is about it.

/** Points that are read and shown together. */
export const GROUPS = ["instantaneous", "energy", "quality", "settings"] as const;
/** A kind of points. */
export type Group = (typeof GROUPS)[number];

/** What is known of a meaning whatever the device. */
export interface Meaning {
  readonly group: Group;
  /** The unit of `plausible`; a point may have a multiple of it (kW for W). Empty: none. */
  readonly unit: string;
  /** What a healthy device shows; null where anything may be. */
  readonly plausible: readonly [min: number, max: number] | null;
  readonly en: string;
  readonly zh: string;
}

// meaning | unit | plausible values | English | Chinese; by group.
const TABLES: Readonly<Record<Group, string>> = {
  instantaneous: `
voltage.l1n | V | 50..300 | Voltage L1 to N | A 相电压
voltage.l2n | V | 50..300 | Voltage L2 to N | B 相电压
voltage.l3n | V | 50..300 | Voltage L3 to N | C 相电压
voltage.ln | V | 50..300 | Voltage phase to N, average | 平均相电压
voltage.l12 | V | 85..520 | Voltage L1 to L2 | AB 线电压
voltage.l23 | V | 85..520 | Voltage L2 to L3 | BC 线电压
voltage.l31 | V | 85..520 | Voltage L3 to L1 | CA 线电压
voltage.ll | V | 85..520 | Voltage phase to phase, average | 平均线电压
voltage.system | V | 50..520 | Voltage of the system | 系统电压
current.l1 | A | -10000..10000 | Current L1 | A 相电流
current.l2 | A | -10000..10000 | Current L2 | B 相电流
current.l3 | A | -10000..10000 | Current L3 | C 相电流
current.n | A | -10000..10000 | Current N | 中性线电流
current.total | A | -10000..10000 | Current sum | 总电流
current.average | A | -10000..10000 | Current average of the phases | 平均电流
current.system | A | -10000..10000 | Current of the system | 系统电流
frequency | Hz | 45..65 | Frequency | 频率
power.active.total | W | -1e8..1e8 | Active power total | 总有功功率
power.active.l1 | W | -1e8..1e8 | Active power L1 | A 相有功功率
power.active.l2 | W | -1e8..1e8 | Active power L2 | B 相有功功率
power.active.l3 | W | -1e8..1e8 | Active power L3 | C 相有功功率
power.reactive.total | var | -1e8..1e8 | Reactive power total | 总无功功率
power.reactive.l1 | var | -1e8..1e8 | Reactive power L1 | A 相无功功率
power.reactive.l2 | var | -1e8..1e8 | Reactive power L2 | B 相无功功率
power.reactive.l3 | var | -1e8..1e8 | Reactive power L3 | C 相无功功率
power.apparent.total | VA | -1e8..1e8 | Apparent power total | 总视在功率
power.apparent.l1 | VA | -1e8..1e8 | Apparent power L1 | A 相视在功率
power.apparent.l2 | VA | -1e8..1e8 | Apparent power L2 | B 相视在功率
power.apparent.l3 | VA | -1e8..1e8 | Apparent power L3 | C 相视在功率
power.active.import | W | 0..1e8 | Active power drawn, never negative | 正向有功功率（不为负）
power.active.export | W | 0..1e8 | Active power delivered, never negative | 反向有功功率（不为负）
power.factor.total | | -1..1 | Power factor total | 总功率因数
power.factor.l1 | | -1..1 | Power factor L1 | A 相功率因数
power.factor.l2 | | -1..1 | Power factor L2 | B 相功率因数
power.factor.l3 | | -1..1 | Power factor L3 | C 相功率因数
demand.active | W | -1e8..1e8 | Active power demand | 有功需量
power.output | W | -1e8..1e8 | AC power delivered by the inverter | 逆变器交流输出功率
power.dc | W | -1e8..1e8 | DC power | 直流功率
voltage.dc | V | 0..1600 | DC voltage | 直流电压
current.dc | A | -10000..10000 | DC current | 直流电流
voltage.pv1 | V | 0..1600 | PV voltage of input 1 | 光伏第 1 路电压
current.pv1 | A | -100..1000 | PV current of input 1 | 光伏第 1 路电流
power.pv1 | W | -1e6..1e8 | PV power of input 1 | 光伏第 1 路功率
voltage.pv2 | V | 0..1600 | PV voltage of input 2 | 光伏第 2 路电压
current.pv2 | A | -100..1000 | PV current of input 2 | 光伏第 2 路电流
power.pv2 | W | -1e6..1e8 | PV power of input 2 | 光伏第 2 路功率
voltage.pv3 | V | 0..1600 | PV voltage of input 3 | 光伏第 3 路电压
current.pv3 | A | -100..1000 | PV current of input 3 | 光伏第 3 路电流
power.pv3 | W | -1e6..1e8 | PV power of input 3 | 光伏第 3 路功率
voltage.pv4 | V | 0..1600 | PV voltage of input 4 | 光伏第 4 路电压
current.pv4 | A | -100..1000 | PV current of input 4 | 光伏第 4 路电流
power.pv4 | W | -1e6..1e8 | PV power of input 4 | 光伏第 4 路功率
power.pv | W | -1e6..1e8 | PV power | 光伏功率
power.load | W | -1e8..1e8 | Power of the loads | 负载功率
power.grid | W | -1e8..1e8 | Power at the grid connection, drawn is positive | 并网点功率（取电为正）
power.grid.l1 | W | -1e8..1e8 | Power at the grid connection L1, drawn is positive | A 相并网点功率（取电为正）
power.grid.l2 | W | -1e8..1e8 | Power at the grid connection L2, drawn is positive | B 相并网点功率（取电为正）
power.grid.l3 | W | -1e8..1e8 | Power at the grid connection L3, drawn is positive | C 相并网点功率（取电为正）
battery.power | W | -1e8..1e8 | Battery power, charging is positive | 电池功率（充电为正）
battery.power.unsigned | W | 0..1e8 | Battery power without its sign | 电池功率（无符号）
battery.current | A | -10000..10000 | Battery current | 电池电流
battery.voltage | V | 0..1600 | Battery voltage | 电池电压
battery.soc | % | 0..100 | State of charge | 电池荷电状态
battery.soh | % | 0..100 | State of health | 电池健康状态
efficiency | % | 0..100 | Efficiency | 效率
temperature | °C | -60..150 | Temperature | 温度
temperature.cabinet | °C | -60..150 | Temperature of the cabinet | 机内温度
temperature.heatsink | °C | -60..200 | Temperature of the heat sink | 散热器温度
temperature.supply | °C | -60..200 | Temperature of the supply | 供水温度
temperature.return | °C | -60..200 | Temperature of the return | 回水温度
power.heat | W | -1e8..1e8 | Heat power | 热功率
insulation | Ω | 0..1e9 | Insulation resistance | 绝缘电阻
humidity | % | 0..100 | Relative humidity | 相对湿度
gas.ammonia | ppm | 0..1000 | Ammonia | 氨气浓度
flow.volume | m³/h | -1e6..1e6 | Volume flow | 体积流量
flow.velocity | m/s | -32..32 | Velocity of flow | 流速
flow.signal | | - | Signal quality of the flow meter | 流量计信号质量
status | | - | State, as the maker numbers it | 状态码（厂家编号）
status.running | | - | Running state, as the maker numbers it | 运行状态（厂家编号）
status.charging | | - | State of charging, as the maker numbers it | 充放电状态（厂家编号）
valve | | - | State of the valve | 阀门状态
battery.low | | - | The meter's battery is low | 电池欠压
alarm.word1 | | - | Alarm bits, word 1 | 告警位 1
alarm.word2 | | - | Alarm bits, word 2 | 告警位 2
alarm.word3 | | - | Alarm bits, word 3 | 告警位 3
`,
  energy: `
energy.active.import | Wh | 0..1e13 | Active energy drawn | 正向有功电能
energy.active.import.l1 | Wh | 0..1e13 | Active energy drawn, L1 | A 相正向有功电能
energy.active.import.l2 | Wh | 0..1e13 | Active energy drawn, L2 | B 相正向有功电能
energy.active.import.l3 | Wh | 0..1e13 | Active energy drawn, L3 | C 相正向有功电能
energy.active.import.t1 | Wh | 0..1e13 | Active energy drawn, tariff 1 | 费率 1 正向有功电能
energy.active.import.t2 | Wh | 0..1e13 | Active energy drawn, tariff 2 | 费率 2 正向有功电能
energy.active.import.t3 | Wh | 0..1e13 | Active energy drawn, tariff 3 | 费率 3 正向有功电能
energy.active.import.t4 | Wh | 0..1e13 | Active energy drawn, tariff 4 | 费率 4 正向有功电能
energy.active.export | Wh | 0..1e13 | Active energy delivered | 反向有功电能
energy.active.export.l1 | Wh | 0..1e13 | Active energy delivered, L1 | A 相反向有功电能
energy.active.export.l2 | Wh | 0..1e13 | Active energy delivered, L2 | B 相反向有功电能
energy.active.export.l3 | Wh | 0..1e13 | Active energy delivered, L3 | C 相反向有功电能
energy.active.export.t1 | Wh | 0..1e13 | Active energy delivered, tariff 1 | 费率 1 反向有功电能
energy.active.export.t2 | Wh | 0..1e13 | Active energy delivered, tariff 2 | 费率 2 反向有功电能
energy.active.export.t3 | Wh | 0..1e13 | Active energy delivered, tariff 3 | 费率 3 反向有功电能
energy.active.export.t4 | Wh | 0..1e13 | Active energy delivered, tariff 4 | 费率 4 反向有功电能
energy.active.total | Wh | 0..1e13 | Active energy both ways | 总有功电能
energy.active.total.l1 | Wh | 0..1e13 | Active energy both ways, L1 | A 相总有功电能
energy.active.total.l2 | Wh | 0..1e13 | Active energy both ways, L2 | B 相总有功电能
energy.active.total.l3 | Wh | 0..1e13 | Active energy both ways, L3 | C 相总有功电能
energy.active.total.t1 | Wh | 0..1e13 | Active energy both ways, tariff 1 | 费率 1 总有功电能
energy.active.total.t2 | Wh | 0..1e13 | Active energy both ways, tariff 2 | 费率 2 总有功电能
energy.active.total.t3 | Wh | 0..1e13 | Active energy both ways, tariff 3 | 费率 3 总有功电能
energy.active.total.t4 | Wh | 0..1e13 | Active energy both ways, tariff 4 | 费率 4 总有功电能
energy.reactive.import | varh | 0..1e13 | Reactive energy drawn | 正向无功电能
energy.reactive.import.l1 | varh | 0..1e13 | Reactive energy drawn, L1 | A 相正向无功电能
energy.reactive.import.l2 | varh | 0..1e13 | Reactive energy drawn, L2 | B 相正向无功电能
energy.reactive.import.l3 | varh | 0..1e13 | Reactive energy drawn, L3 | C 相正向无功电能
energy.reactive.import.t1 | varh | 0..1e13 | Reactive energy drawn, tariff 1 | 费率 1 正向无功电能
energy.reactive.import.t2 | varh | 0..1e13 | Reactive energy drawn, tariff 2 | 费率 2 正向无功电能
energy.reactive.import.t3 | varh | 0..1e13 | Reactive energy drawn, tariff 3 | 费率 3 正向无功电能
energy.reactive.import.t4 | varh | 0..1e13 | Reactive energy drawn, tariff 4 | 费率 4 正向无功电能
energy.reactive.export | varh | 0..1e13 | Reactive energy delivered | 反向无功电能
energy.reactive.export.l1 | varh | 0..1e13 | Reactive energy delivered, L1 | A 相反向无功电能
energy.reactive.export.l2 | varh | 0..1e13 | Reactive energy delivered, L2 | B 相反向无功电能
energy.reactive.export.l3 | varh | 0..1e13 | Reactive energy delivered, L3 | C 相反向无功电能
energy.reactive.export.t1 | varh | 0..1e13 | Reactive energy delivered, tariff 1 | 费率 1 反向无功电能
energy.reactive.export.t2 | varh | 0..1e13 | Reactive energy delivered, tariff 2 | 费率 2 反向无功电能
energy.reactive.export.t3 | varh | 0..1e13 | Reactive energy delivered, tariff 3 | 费率 3 反向无功电能
energy.reactive.export.t4 | varh | 0..1e13 | Reactive energy delivered, tariff 4 | 费率 4 反向无功电能
energy.reactive.total | varh | 0..1e13 | Reactive energy both ways | 总无功电能
energy.reactive.total.l1 | varh | 0..1e13 | Reactive energy both ways, L1 | A 相总无功电能
energy.reactive.total.l2 | varh | 0..1e13 | Reactive energy both ways, L2 | B 相总无功电能
energy.reactive.total.l3 | varh | 0..1e13 | Reactive energy both ways, L3 | C 相总无功电能
energy.reactive.total.t1 | varh | 0..1e13 | Reactive energy both ways, tariff 1 | 费率 1 总无功电能
energy.reactive.total.t2 | varh | 0..1e13 | Reactive energy both ways, tariff 2 | 费率 2 总无功电能
energy.reactive.total.t3 | varh | 0..1e13 | Reactive energy both ways, tariff 3 | 费率 3 总无功电能
energy.reactive.total.t4 | varh | 0..1e13 | Reactive energy both ways, tariff 4 | 费率 4 总无功电能
energy.apparent.import | VAh | 0..1e13 | Apparent energy drawn | 正向视在电能
energy.apparent.import.l1 | VAh | 0..1e13 | Apparent energy drawn, L1 | A 相正向视在电能
energy.apparent.import.l2 | VAh | 0..1e13 | Apparent energy drawn, L2 | B 相正向视在电能
energy.apparent.import.l3 | VAh | 0..1e13 | Apparent energy drawn, L3 | C 相正向视在电能
energy.apparent.export | VAh | 0..1e13 | Apparent energy delivered | 反向视在电能
energy.apparent.export.l1 | VAh | 0..1e13 | Apparent energy delivered, L1 | A 相反向视在电能
energy.apparent.export.l2 | VAh | 0..1e13 | Apparent energy delivered, L2 | B 相反向视在电能
energy.apparent.export.l3 | VAh | 0..1e13 | Apparent energy delivered, L3 | C 相反向视在电能
energy.apparent.total | VAh | 0..1e13 | Apparent energy both ways | 总视在电能
energy.apparent.total.l1 | VAh | 0..1e13 | Apparent energy both ways, L1 | A 相总视在电能
energy.apparent.total.l2 | VAh | 0..1e13 | Apparent energy both ways, L2 | B 相总视在电能
energy.apparent.total.l3 | VAh | 0..1e13 | Apparent energy both ways, L3 | C 相总视在电能
energy.reactive.q1 | varh | 0..1e13 | Reactive energy, quadrant 1 | 第 1 象限无功电能
energy.reactive.q2 | varh | 0..1e13 | Reactive energy, quadrant 2 | 第 2 象限无功电能
energy.reactive.q3 | varh | 0..1e13 | Reactive energy, quadrant 3 | 第 3 象限无功电能
energy.reactive.q4 | varh | 0..1e13 | Reactive energy, quadrant 4 | 第 4 象限无功电能
energy.output | Wh | 0..1e13 | Energy delivered by the inverter | 逆变器累计发电量
energy.output.day | Wh | 0..1e9 | Energy delivered by the inverter today | 逆变器当日发电量
energy.dc | Wh | 0..1e13 | DC energy | 直流电能
energy.pv | Wh | 0..1e13 | PV energy | 光伏累计电量
energy.pv1 | Wh | 0..1e13 | PV energy of input 1 | 光伏第 1 路电量
energy.pv2 | Wh | 0..1e13 | PV energy of input 2 | 光伏第 2 路电量
energy.pv3 | Wh | 0..1e13 | PV energy of input 3 | 光伏第 3 路电量
energy.pv4 | Wh | 0..1e13 | PV energy of input 4 | 光伏第 4 路电量
energy.grid.import | Wh | 0..1e13 | Energy drawn from the grid | 电网取电量
energy.grid.export | Wh | 0..1e13 | Energy fed into the grid | 上网电量
battery.energy.charge | Wh | 0..1e13 | Energy charged into the battery | 电池充电量
battery.energy.discharge | Wh | 0..1e13 | Energy discharged from the battery | 电池放电量
energy.heat | Wh | 0..1e13 | Heat | 热量
volume.net | m³ | -1e12..1e12 | Volume, net | 净累计流量
volume.forward | m³ | 0..1e12 | Volume forwards | 正向累计流量
volume.settlement | m³ | 0..1e12 | Volume at the settlement day | 结算日累计流量
volume.reverse | m³ | 0..1e12 | Volume backwards | 反向累计流量
`,
  quality: `
thd.voltage.l1 | % | 0..100 | Voltage distortion L1 | A 相电压谐波畸变率
thd.voltage.l2 | % | 0..100 | Voltage distortion L2 | B 相电压谐波畸变率
thd.voltage.l3 | % | 0..100 | Voltage distortion L3 | C 相电压谐波畸变率
thd.current.l1 | % | 0..1000 | Current distortion L1 | A 相电流谐波畸变率
thd.current.l2 | % | 0..1000 | Current distortion L2 | B 相电流谐波畸变率
thd.current.l3 | % | 0..1000 | Current distortion L3 | C 相电流谐波畸变率
`,
  settings: `
device.manufacturer | | - | Maker, as the device says | 厂家（设备自报）
device.model | | - | Model, as the device says | 型号（设备自报）
device.options | | - | Options, as the device says | 选件（设备自报）
device.version | | - | Version of the firmware | 固件版本
device.serial | | - | Serial number | 序列号
device.address | | - | Unit id, as the device says | 设备地址
device.type | | - | Type, as the maker numbers it | 设备类型码（厂家编号）
ratio.ct | | 1..10000 | Current transformer ratio set in the device | 设备内电流互感器变比
ratio.pt | | 1..10000 | Voltage transformer ratio set in the device | 设备内电压互感器变比
rating.power | W | 0..1e9 | Rated active power | 额定有功功率
rating.power.apparent | VA | 0..1e9 | Rated apparent power | 额定视在功率
rating.energy | Wh | 0..1e10 | Rated energy of the storage | 额定储能容量
`,
};

function readTable(group: Group, text: string): [string, Meaning][] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [id = "", unit = "", range = "", en = "", zh = ""] = line
        .split("|")
        .map((part) => part.trim());
      const [min = 0, max = 0] = range.split("..").map(Number);
      const plausible = range === "-" ? null : ([min, max] as const);
      return [id, { group, unit, plausible, en, zh }];
    });
}

/** Every meaning a point may have. */
export const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  GROUPS.flatMap((group) => readTable(group, TABLES[group])),
);
