import { useRef } from "react";

/**
 * Gives the keyboard back to where it was when a window opened. For the content of a Radix dialog that is opened
 * without a trigger of its own, which would lose it.
 * @param returnFocus puts it where it belongs instead
 */
export const useFocusReturn = (returnFocus?: () => void) => {
  const before = useRef<Element>(null);
  return {
    onOpenAutoFocus() {
      before.current = document.activeElement;
    },
    onCloseAutoFocus(event: Event) {
      event.preventDefault();
      // This comes a moment after the window has gone: by then a menu may be open, which must not lose the keyboard.
      if (document.activeElement !== document.body) return;
      if (returnFocus) return returnFocus();
      const place =
        before.current?.isConnected && before.current !== document.body
          ? before.current
          : document.getElementById("content");
      if (place instanceof HTMLElement) place.focus({ preventScroll: true });
    },
  };
};
