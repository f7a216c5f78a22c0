import { useEffect, useRef, useState } from "preact/hooks";

/** The width of an element in whole px, followed; 0 before it is known. */
export function useWidth<E extends Element>(): { readonly ref: { current: E | null }; readonly width: number } {
  const ref = useRef<E | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
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
