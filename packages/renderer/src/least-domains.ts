import type { LeastDomains, Scale } from "@normstream/report/charts";
import { useRef } from "preact/hooks";
import { useReport } from "./context.js";

/** What the axes of a view have shown so far in a run: they only widen while it goes on, so that nothing jumps. */
export interface Widening {
  /** For the next picture; undefined where there is no run. */
  readonly atLeast: LeastDomains | undefined;
  /** Takes note of the axes of a picture. */
  note(frame: { readonly x?: unknown; readonly y: Scale } | null): void;
}

/** @param of what the axes are of: of another channel they begin anew */
export function useWidening(of: number | string = ""): Widening {
  const { report } = useReport();
  const run = report.progress === null ? null : `${report.id} ${of}`;
  const seen = useRef<{ run: string | null; domains: LeastDomains }>({ run: null, domains: {} });
  if (seen.current.run !== run) seen.current = { run, domains: {} };
  return {
    atLeast: run === null ? undefined : seen.current.domains,
    note(frame) {
      if (run === null || frame === null) return;
      const { x, y } = frame;
      const isScale = (scale: unknown): scale is Scale => typeof scale === "function" && "domain" in scale;
      seen.current.domains = { ...(isScale(x) ? { x: x.domain } : {}), y: y.domain };
    },
  };
}
