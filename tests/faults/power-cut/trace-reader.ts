import { posix } from "node:path";
import { FileNode, FolderNode, type Node, type Said } from "./disk-log.ts";

/** The system calls to ask strace for. */
export const TRACED =
  "open,openat,creat,close,dup,dup2,dup3,fcntl,lseek,write,pwrite64,writev,pwritev,pwritev2," +
  "fsync,fdatasync,sync_file_range,ftruncate,truncate,fallocate,unlink,unlinkat,rename,renameat," +
  "renameat2,link,linkat,mkdir,mkdirat,rmdir,copy_file_range,sendfile";

interface OpenFile {
  readonly node: Node;
  offset: number;
}

interface Call {
  readonly name: string;
  readonly words: readonly string[];
  readonly result: number;
  readonly calledAt: number;
  readonly doneAt: number;
}

/** Reads what `strace -f -xx -s 99999999 -e trace=…` wrote, and keeps what befell one folder. */
export class TraceReader {
  readonly root: FolderNode;
  readonly said: Said[] = [];
  /** Lines read so far: the present moment. */
  at = 0;
  readonly #rootPath: string;
  readonly #deeds: Readonly<Record<string, (call: Call) => void>> = {
    open: (call) => this.#open(pathAt(call, 0), wordAt(call, 1), call),
    openat: (call) => this.#open(pathAt(call, 1), wordAt(call, 2), call),
    close: (call) => this.#files.delete(numberAt(call, 0)),
    dup: (call) => this.#duplicate(call),
    fcntl: (call) => this.#duplicate(call),
    lseek: (call) => this.#seek(call),
    write: (call) => this.#write(call),
    pwrite64: (call) => this.#writeAt(numberAt(call, 3), call),
    fsync: (call) => this.#files.get(numberAt(call, 0))?.node.syncs.push(call),
    fdatasync: (call) => this.#files.get(numberAt(call, 0))?.node.syncs.push(call),
    ftruncate: (call) => this.#resize(call),
    unlink: (call) => this.#unlink(pathAt(call, 0), call),
    rmdir: (call) => this.#unlink(pathAt(call, 0), call),
    unlinkat: (call) => this.#unlink(pathAt(call, 1), call),
    rename: (call) => this.#rename(pathAt(call, 0), pathAt(call, 1), call),
    renameat: (call) => this.#rename(pathAt(call, 1), pathAt(call, 3), call),
    renameat2: (call) => this.#rename(pathAt(call, 1), pathAt(call, 3), call),
    mkdir: (call) => this.#makeFolder(pathAt(call, 0), call),
    mkdirat: (call) => this.#makeFolder(pathAt(call, 1), call),
  };
  #files = new Map<number, OpenFile>();
  #unfinished = new Map<string, { text: string; calledAt: number }>();

  /** `rootPath` is absolute and empty at the start of the first trace. */
  constructor(rootPath: string) {
    this.#rootPath = rootPath;
    this.root = new FolderNode();
  }

  /** The trace of another process begins: what was open is closed. */
  beginProcess(): void {
    this.#files = new Map();
    this.#unfinished = new Map();
  }

  readLine(line: string): void {
    const at = ++this.at;
    const [, process = "", text = ""] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const broken = / ?<unfinished \.\.\.>$/.exec(text);
    if (broken) {
      const begun = text.slice(0, broken.index);
      this.#unfinished.set(process, { text: begun, calledAt: at });
      this.#noteClose(begun);
      this.#noteSaid(begun, at);
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    if (!resumed) {
      this.#noteSaid(text, at);
      this.#take(text, { calledAt: at, doneAt: at });
      return;
    }
    const begun = this.#unfinished.get(process);
    this.#unfinished.delete(process);
    if (!begun) throw new Error(`trace line ${at}: a call is resumed that never began`);
    if (begun.text.startsWith("close(")) return;
    const whole = begun.text + text.slice(resumed[0].length);
    this.#take(whole, { calledAt: begun.calledAt, doneAt: at });
  }

  /** At once: another thread may be given the same number before this call has returned. */
  #noteClose(text: string): void {
    const words = /^close\((\d+)/.exec(text);
    if (words) this.#files.delete(Number(words[1]));
  }

  /** Said as soon as it is called: what is promised was true before. */
  #noteSaid(text: string, at: number): void {
    const words = /^write\(1, ("[^"]*")/.exec(text);
    if (!words) return;
    const lines = bytesOf(words[1] ?? "")
      .toString("utf8")
      .split("\n");
    for (const line of lines) if (line !== "") this.said.push({ at, text: line });
  }

  #take(text: string, moment: { calledAt: number; doneAt: number }): void {
    const parts = /^(\w+)\((.*)\) += (-?\d+)/s.exec(text);
    if (!parts) return; // An exit, a signal, or a call that a kill cut off.
    const [, name = "", inside = "", result = ""] = parts;
    if (result.startsWith("-")) return;
    const words = inside.split(", ");
    this.#apply({ name, words, result: Number(result), ...moment });
  }

  #apply(call: Call): void {
    const deed = this.#deeds[call.name];
    if (deed) deed(call);
    else this.#refuse(call);
  }

  #open(path: string, flags: string, call: Call): void {
    const place = this.#placeOf(path, call);
    if (!place) return;
    const { folder, name } = place;
    let node = name === "" ? folder : folder.names.get(name);
    if (!node) {
      node = new FileNode();
      folder.change({ kind: "link", name, node, ...momentOf(call) });
    } else if (flags.includes("O_TRUNC") && node instanceof FileNode) {
      node.changes.push({ kind: "size", length: 0, ...momentOf(call) });
    }
    if (flags.includes("O_APPEND")) throw new Error(`${path} is opened to append: not understood`);
    this.#files.set(call.result, { node, offset: 0 });
  }

  #seek(call: Call): void {
    const file = this.#files.get(numberAt(call, 0));
    if (file) file.offset = call.result;
  }

  #write(call: Call): void {
    const file = this.#files.get(numberAt(call, 0));
    if (!file) return;
    this.#writeAt(file.offset, call);
    file.offset += call.result;
  }

  #writeAt(offset: number, call: Call): void {
    const node = this.#files.get(numberAt(call, 0))?.node;
    if (!(node instanceof FileNode)) return;
    const bytes = bytesOf(wordAt(call, 1)).subarray(0, call.result);
    node.changes.push({ kind: "write", offset, bytes, ...momentOf(call) });
  }

  #resize(call: Call): void {
    const node = this.#files.get(numberAt(call, 0))?.node;
    const length = numberAt(call, 1);
    if (node instanceof FileNode) node.changes.push({ kind: "size", length, ...momentOf(call) });
  }

  #unlink(path: string, call: Call): void {
    const place = this.#placeOf(path);
    place?.folder.change({ kind: "unlink", name: place.name, ...momentOf(call) });
  }

  #rename(from: string, to: string, call: Call): void {
    const source = this.#placeOf(from);
    const target = this.#placeOf(to);
    if (!source && !target) return;
    if (!source || source.folder !== target?.folder) {
      throw new Error(`${from} is moved to ${to}, another folder: not understood`);
    }
    source.folder.change({
      kind: "rename",
      name: source.name,
      to: target.name,
      ...momentOf(call),
    });
  }

  #makeFolder(path: string, call: Call): void {
    const place = this.#placeOf(path);
    if (!place) return;
    const { folder, name } = place;
    if (folder.names.get(name) instanceof FolderNode) return; // Used before its call had returned.
    folder.change({ kind: "link", name, node: new FolderNode(), ...momentOf(call) });
  }

  #duplicate(call: Call): void {
    const [first = "", second = ""] = call.words;
    if (call.name === "fcntl" && !second.startsWith("F_DUPFD")) return;
    const file = this.#files.get(Number(first));
    if (file) this.#files.set(call.result, file);
  }

  /** A call that changes a file of the folder in a way that is not replayed must not pass. */
  #refuse(call: Call): void {
    const { name, words } = call;
    const isOurs = words.some((word, index) => {
      if (this.#files.has(Number(word))) return true;
      return word.startsWith('"') && this.#placeOf(pathAt(call, index)) !== null;
    });
    if (isOurs) throw new Error(`the trace has ${name} on a file of the folder: not understood`);
  }

  /**
   * The folder and the name there; null outside of the root. Folders in between that are not known
   * are made if there is a `call` that used them: another thread's mkdir has not returned yet.
   */
  #placeOf(path: string, call?: Call): { folder: FolderNode; name: string } | null {
    const inside = posix.relative(this.#rootPath, path);
    if (inside.startsWith("..") || posix.isAbsolute(inside)) return null;
    const names = inside.split("/");
    const name = names.pop() ?? "";
    let folder = this.root;
    for (const part of names) {
      if (call && !folder.names.has(part)) {
        folder.change({ kind: "link", name: part, node: new FolderNode(), ...momentOf(call) });
      }
      const next = folder.names.get(part);
      if (!(next instanceof FolderNode)) return null;
      folder = next;
    }
    return { folder, name };
  }
}

function momentOf({ calledAt, doneAt }: Call) {
  return { calledAt, doneAt };
}

function wordAt({ words }: Call, index: number): string {
  return words[index] ?? "";
}

function numberAt(call: Call, index: number): number {
  return Number(wordAt(call, index));
}

function pathAt(call: Call, index: number): string {
  return bytesOf(wordAt(call, index)).toString("utf8");
}

/** `"\x41\x42"` as bytes. */
function bytesOf(word: string): Buffer {
  return Buffer.from(word.slice(1, -1).replaceAll("\\x", ""), "hex");
}
