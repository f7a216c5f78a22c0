import { interval, map, take } from "rxjs";
import { afterEach, expect, test, vi } from "vitest";
import { createReport, display, REPORT_MIME, tensor } from "../../src/index.js";

const KEY = Symbol.for("normstream.host");
const globals = globalThis as { [KEY]?: unknown; Deno?: unknown };
afterEach(() => {
  delete globals[KEY];
  delete globals.Deno;
  vi.restoreAllMocks();
});

/** Outputs, each with its states as text. */
function surface() {
  const outputs: string[][] = [];
  const text = (bundle: Record<string, unknown>) => String(bundle["text/plain"]);
  return {
    outputs,
    show(bundle: Record<string, unknown>) {
      const states = [text(bundle)];
      outputs.push(states);
      return { update: (next: Record<string, unknown>) => void states.push(text(next)) };
    },
  };
}

test("in a notebook of ours each display is an output, live ones in one place, and the kernel is told to wait", async () => {
  const shown = surface();
  const held: Promise<unknown>[] = [];
  const progress: number[] = [];
  globals[KEY] = {
    surface: shown,
    hold: (work: Promise<unknown>) => held.push(work),
    progress: (part: number) => progress.push(part),
  };
  void display("a");
  void display(Promise.resolve("b"));
  void display(
    interval(5).pipe(
      take(3),
      map((i) => ({ kind: "progress", progress: { bytes: i, totalBytes: 2, estimate } })),
    ),
  );
  await Promise.all(held);
  expect(held).toHaveLength(3);
  expect(shown.outputs.slice(0, 2)).toEqual([["a"], ["b"]]);
  expect(shown.outputs[2]?.[0]).toContain("0 % of 2 bytes read, estimate");
  expect(shown.outputs[2]?.at(-1)).toContain("100 % of 2 bytes read");
  expect(progress.at(-1)).toBe(1);
});

const estimate = () => ({
  ...{ count: Float64Array.of(1), mean: Float64Array.of(1), variance: Float64Array.of(0) },
  ...{ min: Float64Array.of(1), max: Float64Array.of(1) },
});

test("in Deno's kernel it goes as display data, and updates under the same id", async () => {
  const sent: [string, { data: Record<string, unknown>; transient: { display_id: string } }][] = [];
  globals.Deno = { jupyter: { broadcast: async (...message: (typeof sent)[number]) => void sent.push(message) } };
  await display(interval(5).pipe(take(2)));
  expect(sent.map(([type, { data }]) => [type, data])).toEqual([
    ["display_data", { "text/plain": "0" }],
    ["update_display_data", { "text/plain": "1" }],
  ]);
  expect(new Set(sent.map(([, content]) => content.transient.display_id)).size).toBe(1);
});

test("elsewhere it prints text, of something live the last alone; Deno without a notebook is elsewhere", async () => {
  globals.Deno = {
    get jupyter() {
      throw new Error("not in a notebook");
    },
  };
  const printed: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  await display({ a: 1 });
  await display(interval(2).pipe(take(4)));
  vi.restoreAllMocks();
  expect(printed).toEqual(["{ a: 1 }\n", "3\n"]);
});

test("a report is seen before its picture is made, and one in progress has none", async () => {
  const states: string[][] = [];
  const note = (bundle: Record<string, unknown>) => void states.push(Object.keys(bundle));
  globals[KEY] = { surface: { show: (bundle: Record<string, unknown>) => ({ update: note, first: note(bundle) }) } };
  const data = Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i * 12.9898) * ((i * 7919) % 13));
  using x = tensor([64, 1, 8, 8], "float32", { data });
  const report = await createReport(x);
  await display(report);
  await display({ ...report, progress: { samples: 3, fraction: 0.5 } });
  expect(states).toEqual([
    [REPORT_MIME, "text/plain"],
    [REPORT_MIME, "text/html", "text/plain"],
    [REPORT_MIME, "text/plain"],
  ]);
});
