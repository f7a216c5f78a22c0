import type { Report } from "../report.js";
import { REPORT_MIME } from "../report.js";

/** What a notebook's output carries: the rich view, and what stands in for it where there is none. */
export interface NotebookParts {
  readonly report: Report;
  /** Encoded, as `encodeReport` gives it. */
  readonly json: string;
  /** Static markup: no style, no script, no SVG. */
  readonly html: string;
  /** The command that made the report: the source of its cell. */
  readonly command: string;
}

/**
 * A notebook (nbformat 4.5) that shows a report: the interactive view in VS Code with Normstream's extension, a picture and a
 * table elsewhere (GitHub, nbconvert, Jupyter), and plain text at the least. It needs no kernel to be read.
 */
export function reportNotebook({ report, json, html, command }: NotebookParts): string {
  const { title, text, id } = report;
  const notebook = {
    cells: [
      { cell_type: "markdown", id: cellId(id, "title"), metadata: {}, source: [`# ${markdownText(title)}`] },
      {
        cell_type: "code",
        id: cellId(id, "report"),
        metadata: {},
        execution_count: null,
        source: [`// ${command.replace(/[\r\n]+/g, " ")}`],
        outputs: [
          {
            output_type: "display_data",
            metadata: {},
            data: { [REPORT_MIME]: JSON.parse(json), "text/html": lines(html), "text/plain": lines(text.plain) },
          },
        ],
      },
    ],
    metadata: {
      kernelspec: { display_name: "Normstream (TypeScript)", language: "typescript", name: "normstream" },
      language_info: { name: "typescript", file_extension: ".ts" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

/** nbformat keeps texts as lists of lines, their ends included. */
const lines = (text: string): string[] => text.split(/(?<=\n)/);

/** 1 to 64 letters, digits, dashes and underscores. */
const cellId = (id: string, part: string): string => `${part}-${id.replace(/[^\w-]/g, "")}`.slice(0, 64);

/** A title as itself: nothing in it is markdown or HTML. */
const markdownText = (title: string): string =>
  title.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]()#+\-.!|<>&~]/g, (character) => `\\${character}`);
