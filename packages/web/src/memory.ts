const PREFIX = "headgate.";

/** What this browser was asked to remember. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // Storage may be forbidden: nothing is remembered.
  }
}

export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // Storage may be forbidden: the choice holds until the page is left.
  }
}
