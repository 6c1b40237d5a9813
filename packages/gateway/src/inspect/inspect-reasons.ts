import type { InspectReason, InspectReasonCode, InspectVerdict } from "@headgate/model";
import type { Lang } from "../config/messages.ts";

/** Texts for people; `{name}` is one of the reason's numbers. */
const REASONS: Readonly<Record<InspectReasonCode, readonly [en: string, zh: string]>> = {
  "shows-exactly": ["is what the display shows", "与显示屏一致"],
  "shows-cut": [
    "begins with the digits that the display shows",
    "前几位与显示屏一致（显示屏舍去了末位）",
  ],
  "shows-near": ["{percent} % beside what the display shows", "与显示屏相差 {percent} %"],
  offset: ["{offset} from the address asked for", "距所问地址 {offset}"],
  "order-usual": ["order {order} is usual", "字节顺序 {order} 常见"],
  "order-rare": ["order {order} is rare", "字节顺序 {order} 少见"],
  scaled: ["times {factor}", "倍率 {factor}"],
  "few-digits": [
    "a float of {digits} digits: chance gives longer ones",
    "浮点数只有 {digits} 位有效数字，不像巧合",
  ],
  "fits-unit": ["usual for {unit}", "符合 {unit} 的常见范围"],
  "beside-unit": ["hardly possible for {unit}", "不像 {unit} 的数值"],
  "within-limits": ["within the limits", "在限值之内"],
  "outside-limits": ["outside the limits", "超出限值"],
  "neighbours-fit": [
    "read this way its neighbours make sense too",
    "按此方式读取，相邻寄存器也合理",
  ],
  "neighbours-differ": [
    "read this way its neighbours make no sense",
    "按此方式读取，相邻寄存器不合理",
  ],
  steady: ["moved a little between two reads", "两次读取之间变化很小"],
  jumps: ["leapt between two reads", "两次读取之间跳变"],
  "sign-unknown": ["{other} reads the same while it is positive", "数值为正时与 {other} 相同"],
  "reads-alike": ["reads the same now, but will not always", "目前数值相同，以后不一定"],
};

const VERDICTS: Readonly<Record<InspectVerdict, readonly [en: string, zh: string]>> = {
  certain: [
    "The first is certain: it is what the display shows.",
    "第一行可以确定：与显示屏一致。",
  ],
  likely: [
    "The first is likely. Compare it with the device's display, or inspect again with --shows.",
    "第一行可能性最大。请与设备显示屏核对，或加 --shows 再查一次。",
  ],
  open: [
    "Several fit. Read the display again with all its digits (--shows), or try a second point.",
    "有多种可能。请带上全部位数再读一次显示屏（--shows），或换一个测点。",
  ],
  none: [
    "Nothing fits near here. Check the unit id, holding or input, and what the manual counts from.",
    "该地址附近没有相符的数值。请检查单元号、holding 还是 input、手册是否从 1 开始编号。",
  ],
};

/** A reason as a person reads it. */
export function reasonText({ code, params }: InspectReason, lang: Lang): string {
  const [english, chinese] = REASONS[code];
  const text = lang === "zh" ? chinese : english;
  return text.replace(/{(\w+)}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** Where the display was looked at, and others show the same digits. */
const LIKELY_THOUGH_SHOWN: readonly [en: string, zh: string] = [
  "The first is likely; others read nearly the same now. Inspect a second point to be sure.",
  "第一行可能性最大，但其他读法目前数值接近。请换一个测点再查一次以确认。",
];

/** What to make of the list. */
export function verdictText(verdict: InspectVerdict, isShown: boolean, lang: Lang): string {
  const isLikelyThough = verdict === "likely" && isShown;
  const [english, chinese] = isLikelyThough ? LIKELY_THOUGH_SHOWN : VERDICTS[verdict];
  return lang === "zh" ? chinese : english;
}
