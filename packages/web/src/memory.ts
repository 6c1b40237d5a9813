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

/** The same of this tab, until it is closed. */
export function recallForNow(name: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + name);
  } catch {
    return null; // Storage may be forbidden: nothing is remembered.
  }
}

export function rememberForNow(name: string, text: string): void {
  try {
    sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // Storage may be forbidden, or full: it holds until the page is left.
  }
}

export function forgetForNow(name: string): void {
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // Storage may be forbidden: nothing was remembered.
  }
}
