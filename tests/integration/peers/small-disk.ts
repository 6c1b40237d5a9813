import { execFileSync } from "node:child_process";

/** Mounts a file system of this size (`4m`) in memory there; returns how to unmount it. */
export function mountSmallDisk(folder: string, size: string): () => void {
  asRoot("mount", "-t", "tmpfs", "-o", `size=${size},mode=1777`, "tmpfs", folder);
  return () => asRoot("umount", "--lazy", folder);
}

function asRoot(program: string, ...words: string[]): void {
  const isRoot = process.getuid?.() === 0;
  const [first = "", ...rest] = isRoot ? [program, ...words] : ["sudo", "-n", program, ...words];
  execFileSync(first, rest);
}
