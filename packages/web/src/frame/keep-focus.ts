/** What a reader goes on from when the thing in use is gone: the nearest of these around it. */
const PLACES = "section, form, fieldset, article, dialog, main";
/** A button that is off for a moment is waited for. */
const WAIT_MS = 300;

/**
 * Keeps the keyboard's place: a browser forgets it where the thing that has the focus is removed,
 * or off while the gateway works. What was off has the focus again when it is on; in place of what
 * is gone, that which was around it has it, so that the next Tab goes on from there.
 */
export function keepFocus(root: HTMLElement): () => void {
  let last: HTMLElement | null = null;
  let around: readonly HTMLElement[] = [];
  let held: HTMLElement | null = null;
  let timer = 0;

  const isLost = () => document.activeElement === document.body || document.activeElement === null;
  function hold() {
    if (last === null || !isLost() || canHave(last)) return look();
    const place = around.find((one) => one.matches(PLACES) && canHave(one));
    if (!place) return;
    if (!place.hasAttribute("tabindex")) {
      place.tabIndex = -1;
      place.addEventListener("blur", () => place.removeAttribute("tabindex"), { once: true });
    }
    held = place;
    place.focus({ preventScroll: true });
  }
  function look() {
    const isHeld = held !== null && document.activeElement === held;
    if (last === null || !(isLost() || isHeld)) return;
    if (canHave(last)) return last.focus({ preventScroll: true });
    if (isHeld && held?.isConnected) return;
    clearTimeout(timer);
    if (last.isConnected) timer = window.setTimeout(hold, WAIT_MS);
    else hold();
  }
  const onFocus = ({ target }: FocusEvent) => {
    if (target === held || !(target instanceof HTMLElement)) return;
    [last, held] = [target, null];
    around = ancestorsOf(target);
  };
  const onLeave = ({ target, relatedTarget }: FocusEvent) => {
    if (relatedTarget !== null || target !== last) return;
    // A keyboard on glass that is put away, and no place that is lost.
    setTimeout(() => {
      if (last === target && isLost() && canHave(last as HTMLElement)) last = null;
    });
  };
  const onPress = () => {
    last = null;
  };
  const watcher = new MutationObserver(look);
  const attributeFilter = ["disabled", "hidden", "class", "open"];
  watcher.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter });
  root.addEventListener("focusin", onFocus);
  root.addEventListener("focusout", onLeave);
  root.addEventListener("pointerdown", onPress, true);
  return () => {
    watcher.disconnect();
    clearTimeout(timer);
    root.removeEventListener("focusin", onFocus);
    root.removeEventListener("focusout", onLeave);
    root.removeEventListener("pointerdown", onPress, true);
  };
}

function ancestorsOf(element: HTMLElement): readonly HTMLElement[] {
  const found: HTMLElement[] = [];
  for (let one = element.parentElement; one; one = one.parentElement) found.push(one);
  return found;
}

function canHave(element: HTMLElement): boolean {
  return !element.matches(":disabled") && element.getClientRects().length > 0;
}
