import type { FitAddon } from "@xterm/addon-fit";
import type { Terminal as Xterm } from "@xterm/xterm";

/**
 * The size of a terminal's screen. A terminal on several screens has the size of the one that was typed into last; the
 * others show all of it with smaller letters, and what is then still too large can be scrolled.
 */
export interface ScreenSize {
  /** Takes the size of its place, which has changed or is seen for the first time; an observer takes none. */
  fit(): void;
  /** Somebody types here: the size is that of the place again. */
  take(): void;
  /** @param size letters as the user wants them, pixels */
  letters(size: number): void;
}

/** Letters are not made smaller than this, pixels. */
const smallest = 7;

/**
 * @param element the place, around the element of xterm.js
 * @param mayResize has this screen a say in the terminal's size?
 */
export const createScreenSize = (
  xterm: Xterm,
  addon: FitAddon,
  element: HTMLElement,
  mayResize: () => boolean,
): ScreenSize => {
  let wanted = xterm.options.fontSize ?? smallest;
  let fitting = false;
  let foreign = false;

  const setLetters = (size: number) => {
    if (xterm.options.fontSize !== size) xterm.options.fontSize = size;
  };
  const isSeen = () => element.clientWidth > 0 && element.clientHeight > 0;
  const fits = () => {
    const room = addon.proposeDimensions();
    return room === undefined || (room.cols >= xterm.cols && room.rows >= xterm.rows);
  };
  const show = (whole: boolean) => {
    element.style.overflow = whole ? "hidden" : "auto";
  };
  /** Shows all of a terminal whose size is not that of this place. */
  const shrink = () => {
    if (!isSeen()) return;
    show(true);
    let letters = wanted;
    setLetters(letters);
    while (letters > smallest && !fits()) {
      letters -= 1;
      setLetters(letters);
    }
    show(fits());
  };
  const fit = () => {
    if (!isSeen()) return;
    if (!mayResize()) {
      shrink();
      return;
    }
    show(true);
    setLetters(wanted);
    fitting = true;
    addon.fit();
    fitting = false;
    foreign = false;
  };
  xterm.onResize(() => {
    if (fitting) return;
    foreign = true;
    shrink();
  });
  return {
    fit,
    take() {
      if (foreign && mayResize()) fit();
    },
    letters(size) {
      if (size === wanted) return;
      wanted = size;
      if (foreign) shrink();
      else fit();
    },
  };
};
