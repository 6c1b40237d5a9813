/** What a process did to a folder, in order; numbers are places in its trace. */

/** When an operation was called and when it had returned: between the two, both may be true. */
interface Moment {
  readonly calledAt: number;
  readonly doneAt: number;
}

/** A change of a file's bytes. */
export type FileChange = Moment &
  (
    | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
    | { readonly kind: "size"; readonly length: number }
  );

/** A change of a folder's names. */
export type FolderChange = Moment &
  (
    | { readonly kind: "link"; readonly name: string; readonly node: Node }
    | { readonly kind: "unlink"; readonly name: string }
    | { readonly kind: "rename"; readonly name: string; readonly to: string }
  );

/** A file, whatever it is called. */
export class FileNode {
  readonly changes: FileChange[] = [];
  readonly syncs: Moment[] = [];
}

/** A folder; `names` are those of the end of the log. */
export class FolderNode {
  readonly changes: FolderChange[] = [];
  readonly syncs: Moment[] = [];
  readonly names = new Map<string, Node>();

  /** Notes a change and makes it. */
  change(change: FolderChange): void {
    this.changes.push(change);
    renamed(this.names, change);
  }
}

export type Node = FileNode | FolderNode;

/** Makes one change in a list of names. */
export function renamed(names: Map<string, Node>, change: FolderChange): void {
  if (change.kind === "link") names.set(change.name, change.node);
  if (change.kind === "unlink") names.delete(change.name);
  if (change.kind !== "rename") return;
  const node = names.get(change.name);
  names.delete(change.name);
  if (node) names.set(change.to, node);
}

/** A line that the process printed: a promise, a wish, or what it had read. */
export interface Said {
  readonly at: number;
  readonly text: string;
}
