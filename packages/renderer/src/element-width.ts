import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** The width of an element in whole px, followed. It is known before the first paint, so that charts are in it. */
export function useWidth<E extends Element>(): { readonly ref: { current: E | null }; readonly width: number } {
  const ref = useRef<E | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = (): void => setWidth(Math.floor(element.getBoundingClientRect().width));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
