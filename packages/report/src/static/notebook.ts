import { createHash } from "node:crypto";
import type { Report } from "../report.js";
import type { ReportBundle } from "./mime-bundle.js";

/**
 * A report as a Jupyter notebook (nbformat 4.5) of two cells: what it is of, and the program that makes it, whose output it is. It shows
 * whole in VS Code with the extension, and as a picture with tables wherever notebooks are shown.
 * @returns JSON as Jupyter writes it: one space a level, so that a save changes nothing
 */
export function notebookText(report: Report, bundle: ReportBundle): string {
  const code = programOf(report);
  const notebook = {
    cells: [
      {
        cell_type: "markdown",
        id: cellId(report, "title"),
        metadata: {},
        source: linesOf(
          `# ${plainMarkdown(report.title)}\n\n${report.verdict ? `${report.verdict.headline} ` : ""}Made by \`normstream report\`.`,
        ),
      },
      {
        cell_type: "code",
        execution_count: 1,
        id: cellId(report, "report"),
        metadata: { vscode: { languageId: "typescript" } },
        outputs: [
          {
            data: {
              ...bundle,
              "text/html": linesOf(bundle["text/html"]),
              "text/plain": linesOf(bundle["text/plain"]),
            },
            execution_count: 1,
            metadata: {},
            output_type: "execute_result",
          },
        ],
        source: linesOf(code),
      },
    ],
    metadata: {
      kernelspec: { display_name: "Normstream (TypeScript)", language: "typescript", name: "normstream" },
      language_info: { file_extension: ".ts", mimetype: "text/typescript", name: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(sorted(notebook), null, 1)}\n`;
}

/** JSON with the keys of its objects in order, as Jupyter writes them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** What would make the report again, where its input is at hand. Texts are JSON, and so no more than texts in the program. */
function programOf({ lineage, verdict, tensor, title }: Report): string {
  const options = [
    ...(title === lineage.input ? [] : [`title: ${literal(title)}`]),
    ...(verdict && verdict.use !== "classification" ? [`use: ${literal(verdict.use)}`] : []),
    ...(verdict && verdict.batchSize !== 32 ? [`batchSize: ${verdict.batchSize}`] : []),
    ...(verdict && verdict.momentum !== 0.1 ? [`momentum: ${verdict.momentum}`] : []),
    ...(lineage.nan === "propagate" ? [] : [`nan: ${literal(lineage.nan)}`]),
  ];
  const given = options.length === 0 ? "" : `, { ${options.join(", ")} }`;
  return [
    'import { createReport, openTensor } from "normstream";',
    "",
    `const data = await openTensor(${literal(lineage.input)}, { layout: ${literal(tensor.layout)} });`,
    `await createReport(data${given})`,
  ].join("\n");
}

const literal = (text: string): string =>
  JSON.stringify(text).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);

/** Letters, digits and dashes, the same for the same report. */
const cellId = ({ id }: Report, part: string): string => createHash("sha256").update(`${id} ${part}`).digest("hex").slice(0, 16);

/** A text as notebooks hold it: its lines, each with its end. */
const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

/** A text that Markdown takes for nothing but text. */
const plainMarkdown = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~&$]/g, (c) => `\\${c}`);
