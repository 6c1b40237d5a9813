import type { YAMLError } from "yaml";

// The library's words, said so that the place and the remedy are clear.
const reasons: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "别名（*）不能带有属性",
  BAD_ALIAS: "别名（*）没有对应的锚点（&）",
  BAD_COLLECTION_TYPE: "标签与内容的类型不符",
  BAD_DIRECTIVE: "无法识别的指令（%）",
  BAD_DQ_ESCAPE: "双引号内的转义字符有误",
  BAD_INDENT: "缩进不一致，或括号没有闭合",
  BAD_PROP_ORDER: "锚点或标签的位置不对",
  BAD_SCALAR_START: "值的开头字符须加引号",
  BLOCK_AS_IMPLICIT_KEY: "一行里有两个冒号，或上一行缩进有误",
  BLOCK_IN_FLOW: "大括号或方括号内不能换成缩进写法",
  IMPOSSIBLE: "无法解析",
  KEY_OVER_1024_CHARS: "键太长，可能缺少引号或冒号",
  MISSING_CHAR: "缺少冒号、逗号、引号或括号",
  MULTILINE_IMPLICIT_KEY: "这一行缺少冒号，或缩进有误",
  MULTIPLE_ANCHORS: "一个值只能有一个锚点（&）",
  MULTIPLE_DOCS: "一个文件只能有一份配置，请删除 `---`",
  MULTIPLE_TAGS: "一个值只能有一个标签（!）",
  NON_STRING_KEY: "键必须是文本",
  RESOURCE_EXHAUSTION: "嵌套层数太多",
  TAB_AS_INDENT: "缩进用了制表符（Tab）",
  TAG_RESOLVE_FAILED: "无法识别的标签（!）",
  UNEXPECTED_TOKEN: "多余的内容，可能是括号或引号不配对",
};

/** Why it is no YAML, in Chinese; the library itself speaks English. */
export function chineseReason(code: string): string {
  return reasons[code] ?? "无法解析";
}

/** After these nothing that follows can be read as it was meant. */
const isFatal = ({ code, message }: YAMLError) =>
  code === "MISSING_CHAR" || message.includes("in YAML stream");

/**
 * The mistakes without their echoes: one confuses what is read after it, up to the next line that
 * begins at the margin. Twins of a key and tabs are clear by themselves and confuse nothing.
 */
export function withoutEchoes(errors: readonly YAMLError[], text: string): readonly YAMLError[] {
  const kept: YAMLError[] = [];
  const told = new Set<number>();
  for (const error of errors.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    const section = sectionAt(text, error.pos[0]);
    if (error.code !== "DUPLICATE_KEY" && told.has(section)) continue;
    kept.push(error);
    if (error.code !== "DUPLICATE_KEY") told.add(section);
    if (isFatal(error)) break;
  }
  return kept;
}

/** Where the line begins that `offset` is in, or at the end of. */
function lineBefore(text: string, offset: number): number {
  // Before the first letter there is no line; `lastIndexOf` would look at that letter.
  return offset <= 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the last line begins that is not indented. */
function sectionAt(text: string, offset: number): number {
  let start = lineBefore(text, offset);
  while (start > 0 && /[\s#]/.test(text[start] ?? " ")) start = lineBefore(text, start - 1);
  return start;
}
