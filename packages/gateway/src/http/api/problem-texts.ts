import type { Lang } from "../../config/messages.ts";

// What can go wrong with a question. {name} is filled from the problem's params.
const problems = {
  "bad-request": {
    status: 400,
    en: "The request is not right; see errors",
    zh: "请求内容有误，详见 errors",
  },
  misconfigured: { status: 400, en: "That cannot be done as asked", zh: "无法按请求执行" },
  "login-needed": { status: 401, en: "Log in first", zh: "请先登录" },
  "wrong-login": { status: 401, en: "Wrong name or password", zh: "用户名或密码错误" },
  "wrong-code": { status: 401, en: "Wrong claim code", zh: "认领码错误" },
  "wrong-role": {
    status: 403,
    en: "Your role is {role}; this takes {needed}",
    zh: "您的角色是 {role}，此操作需要 {needed}",
  },
  "secret-moves": {
    status: 403,
    en: "{path} is a secret that would be shown or go elsewhere; type it anew, or ask an admin",
    zh: "{path} 是机密，此修改会使其显示或发往他处；请重新输入，或由管理员执行",
  },
  "wrong-origin": {
    status: 403,
    en: "This does not come from a page of this gateway",
    zh: "请求并非来自本网关的页面",
  },
  "wrong-csrf": {
    status: 403,
    en: "The X-CSRF-Token is missing or old; ask GET /api/session for it",
    zh: "缺少 X-CSRF-Token 或已过期；请从 GET /api/session 获取",
  },
  "not-claimed": {
    status: 403,
    en: "This gateway belongs to nobody yet; claim it with the code in its log",
    zh: "本网关尚未认领；请用日志中的认领码认领",
  },
  "not-found": { status: 404, en: "There is no {what}", zh: "找不到 {what}" },
  claimed: { status: 409, en: "This gateway is claimed already", zh: "本网关已被认领" },
  exists: { status: 409, en: "{what} is there already", zh: "{what} 已存在" },
  refused: { status: 409, en: "That is refused at the moment", zh: "当前不能执行" },
  "changed-meanwhile": {
    status: 412,
    en: "{who} changed it meanwhile (version {version}); look at it and try again",
    zh: "{who} 已在此期间修改（版本 {version}）；请查看后重试",
  },
  "too-large": { status: 413, en: "The request is too large", zh: "请求过大" },
  "wrong-type": { status: 415, en: "Send application/json", zh: "请发送 application/json" },
  "foreign-name": {
    status: 421,
    en: "This page is for this machine only; set web.host to serve others",
    zh: "本页面仅供本机访问；如需供他人访问，请设置 web.host",
  },
  invalid: {
    status: 422,
    en: "The configuration has mistakes; see errors",
    zh: "配置有误，详见 errors",
  },
  "version-needed": {
    status: 428,
    en: "Say which version you have seen: If-Match",
    zh: "请用 If-Match 说明所依据的版本",
  },
  "locked-out": {
    status: 429,
    en: "Too many wrong attempts; wait {seconds} s",
    zh: "错误次数过多，请等待 {seconds} 秒",
  },
  "too-many": {
    status: 429,
    en: "Too many requests; wait {seconds} s",
    zh: "请求过多，请等待 {seconds} 秒",
  },
  bug: {
    status: 500,
    en: "This is a bug of the gateway; its log has the details",
    zh: "网关内部错误，详见日志",
  },
  starting: { status: 503, en: "The gateway is starting", zh: "网关正在启动" },
  unreachable: { status: 503, en: "It cannot be reached at the moment", zh: "暂时无法访问" },
} as const satisfies Record<string, { status: number } & Record<Lang, string>>;

/** What a problem is called; the same for machines in every language. */
export type ProblemCode = keyof typeof problems;

export const PROBLEM_CODES = Object.keys(problems) as readonly ProblemCode[];

export function problemStatus(code: ProblemCode): number {
  return problems[code].status;
}

/** A problem in words. */
export function problemTitle(
  code: ProblemCode,
  lang: Lang,
  params: Readonly<Record<string, string | number>>,
): string {
  return problems[code][lang].replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    String(params[name] ?? whole),
  );
}
