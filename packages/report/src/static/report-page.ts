import { createHash } from "node:crypto";
import { escaped } from "../charts/mark.js";
import { encodeReport } from "../payload/encode.js";
import type { Report } from "../report.js";

/** Where the view finds the report, and where it goes. */
const DATA_ID = "normstream-report";
const PLACE_ID = "normstream-view";

const STYLE = `body{margin:0;font:14px/1.5 system-ui,sans-serif;color-scheme:light dark}
main>article{max-width:960px;margin:0 auto;padding:24px}pre{overflow:auto;font:13px/1.45 ui-monospace,monospace}`;

/**
 * A report as one HTML file: the view, the report and what is read where no script runs. It asks for nothing over the
 * network, and its policy allows nothing: no address, no handler in the markup, no script but this one.
 *
 * @param script the view's bundle that starts itself: `report-page.js`
 */
export function reportPage(report: Report, script: string): string {
  const json = JSON.stringify(encodeReport(report));
  const code = inScript(script);
  const policy = [
    "default-src 'none'",
    `script-src '${sha256(code)}'`,
    `style-src '${sha256(STYLE)}'`,
    "img-src data: blob:",
    "worker-src blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(report.title)} · Normstream</title>
<style>${STYLE}</style>
</head>
<body>
<main id="${PLACE_ID}"><article>
<h1>${escaped(report.verdict?.headline ?? report.title)}</h1>
<pre>${escaped(report.text.plain)}</pre>
</article></main>
<script type="application/json" id="${DATA_ID}">${inData(json)}</script>
<script type="module">${code}</script>
</body>
</html>
`;
}

const sha256 = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

/** JSON that ends no script element and starts no comment, whatever its strings hold. */
const inData = (json: string): string => json.replace(/</g, "\\u003c");

/** A bundle's own text: in a string or a regular expression `<\/` is `</`. */
const inScript = (script: string): string => script.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
