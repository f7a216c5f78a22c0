import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chartFile, emptyChart, escaped, markText, truncateText, withHeading } from "../../src/charts/index.js";
import { mark } from "../../src/charts/mark.js";

const HOSTILE = [
  "<script>alert(1)</script>",
  "</text></svg><img src=x onerror=alert(1)>",
  '" onload="alert(1)',
  "'><foreignObject>",
  "&lt;&#0;&unknown;",
  "]]><![CDATA[",
  "\u0000\u0008\u001b[31m\uFFFE",
  "\uD800 lone",
  "javascript:alert(1)",
];

/** What an XML parser would read back from text that has no markup in it. */
const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

describe("markText", () => {
  test.each(HOSTILE)("%j stays text", (text) => {
    const svg = markText(mark("text", { "data-name": text }, text));
    expect(svg).toMatch(/^<text data-name="[^"<>]*">[^<>]*<\/text>$/);
    expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
  });

  test("any text comes back as it was, but for what XML cannot hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const written = escaped(text);
        expect(written).not.toMatch(/[<>"']/);
        const kept = [...unescaped(written)];
        expect(kept.length).toBe([...text].length);
        [...text].forEach((character, index) => {
          expect([character, "\uFFFD"]).toContain(kept[index]);
        });
      }),
    );
  });

  test("numbers have two decimals at most, and no exponent, NaN or minus zero", () => {
    const attributes = { x: 1 / 3, y: -1e-9, width: Number.NaN, height: Number.POSITIVE_INFINITY };
    expect(markText(mark("rect", attributes))).toBe('<rect x="0.33" y="0" width="0" height="0"/>');
  });
});

test("a hostile title, caption and sentence make a file with one style and no script", () => {
  for (const text of HOSTILE) {
    const svg = chartFile(withHeading(emptyChart(text, { width: 300, height: 200 }), { title: text, caption: text }), "dark");
    expect(svg.match(/<style>/g)).toHaveLength(1);
    // What is left without the texts and the attributes' values: elements and attributes alone.
    const bare = svg
      .replace(/<style>[^<]*<\/style>/, "")
      .replace(/"[^"]*"/g, '""')
      .replace(/>[^<]*</g, "><");
    expect([...new Set(bare.match(/<[a-zA-Z]+/g))].sort()).toEqual(["<g", "<path", "<rect", "<svg", "<text"]);
    expect(/\son[a-z]+=/i.test(bare)).toBe(false);
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" ')).toBe(true);
  }
});

test("a megabyte of title is cut before it is measured", () => {
  const started = performance.now();
  expect(truncateText("m".repeat(1_000_000), 12, 200).length).toBeLessThan(40);
  const heading = withHeading(emptyChart("x", { width: 300, height: 100 }), {
    title: "word ".repeat(200_000),
    caption: "w".repeat(1_000_000),
  });
  expect(heading.height).toBeLessThan(1000);
  expect(performance.now() - started).toBeLessThan(2000);
});
