import { type RefObject, useLayoutEffect, useRef } from "react";

const chosenOnes = "[aria-current], [aria-selected=true]";

/**
 * Scrolls a row so that what is chosen in it is in its middle, unless all of it is seen; of what is wider than the row,
 * the beginning is seen. Nothing else is scrolled.
 */
const show = (row: HTMLElement): void => {
  const chosen = row.querySelector(chosenOnes);
  if (!chosen) return;
  const [seen, wanted] = [row.getBoundingClientRect(), chosen.getBoundingClientRect()];
  // Places are fractions of a pixel.
  if (wanted.left > seen.left - 1 && wanted.right < seen.right + 1) return;
  const before = wanted.left - seen.left;
  row.scrollLeft += before - Math.max(0, (seen.width - wanted.width) / 2);
};

/**
 * Keeps in view what is chosen in a row that may be wider than its place: when something else is chosen, and when the
 * row gets another size or is shown again.
 * @param chosen names what is chosen (`aria-current`, `aria-selected`)
 * @returns the `ref` of the element that scrolls
 */
export const useChosenInView = <E extends HTMLElement = HTMLElement>(
  chosen: string | undefined,
): RefObject<E | null> => {
  const row = useRef<E>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row is read from the document, after each choice
  useLayoutEffect(() => {
    const element = row.current;
    if (!element) return undefined;
    show(element);
    const observer = new ResizeObserver(() => show(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, [chosen]);
  return row;
};
