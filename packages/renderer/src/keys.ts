/** Keys that a notebook would take for its cells. The view keeps them to itself; Tab, Ctrl and Cmd are never touched. */
const KEPT = new Set([
  "Delete",
  "Backspace",
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);

/** Stops a key at the view's root, after the view itself has seen it. */
export function keepKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey) return;
  if (KEPT.has(event.key)) event.stopPropagation();
}

/** Whether a key was pressed alone: combinations belong to the browser and the notebook. */
export const isAlone = (event: KeyboardEvent): boolean => !(event.ctrlKey || event.metaKey || event.altKey);

/**
 * Moves an index among `count` places: arrows by 1, Page keys by `page`, Home and End to the ends.
 * @returns null for other keys
 */
export function movedIndex(key: string, index: number, count: number, page = 10): number | null {
  const within = (to: number): number => Math.max(0, Math.min(count - 1, to));
  switch (key) {
    case "ArrowLeft":
    case "ArrowUp":
      return within(index - 1);
    case "ArrowRight":
    case "ArrowDown":
      return within(index + 1);
    case "PageUp":
      return within(index - page);
    case "PageDown":
      return within(index + page);
    case "Home":
      return 0;
    case "End":
      return within(count - 1);
    default:
      return null;
  }
}
