import {
  CompletionItem,
  CompletionItemKind,
  type Disposable,
  type DocumentSelector,
  Hover,
  languages,
  MarkdownString,
  type NotebookDocument,
  type Position,
  type TextDocument,
  workspace,
} from "vscode";
import type { Asked } from "../protocol/kernel-messages.js";
import type { LiveName, LiveValue } from "../protocol/live-values.js";
import { NOTEBOOK_TYPE } from "./controller.js";
import type { Kernels } from "./kernels.js";
import { chainTo, typedName } from "./name-chain.js";

/** Typing waits for no cell. */
const ANSWER_MS = 300;

const CELLS: DocumentSelector = ["typescript", "javascript"].map((language) => ({ language, notebookType: NOTEBOOK_TYPE }));

const KINDS: Readonly<Record<LiveName["kind"], CompletionItemKind>> = {
  variable: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  class: CompletionItemKind.Class,
  property: CompletionItemKind.Property,
  method: CompletionItemKind.Method,
};

/**
 * Completion and hover from the values that cells have made: TypeScript knows the cell that is typed, and nothing of what an import or an
 * `await` of another cell gave.
 */
export function registerLiveLanguage(kernels: Kernels): Disposable {
  const ask = async (document: TextDocument, question: Asked): Promise<unknown> => {
    const notebook = notebookOf(document);
    const kernel = notebook && kernels.known(notebook);
    return (await kernel?.ask(question, ANSWER_MS).catch(() => null)) ?? null;
  };
  const completion = languages.registerCompletionItemProvider(
    CELLS,
    {
      async provideCompletionItems(document, position) {
        const typed = typedName(textBefore(document, position));
        if (!typed) return [];
        const names = (await ask(document, { kind: "names", chain: typed.chain })) as LiveName[] | null;
        return (names ?? []).map(({ name, kind, type }) => {
          const item = new CompletionItem({ label: name, description: type }, KINDS[kind]);
          // After what TypeScript knows of the cell itself.
          item.sortText = `~${name}`;
          return item;
        });
      },
    },
    ".",
  );
  const hover = languages.registerHoverProvider(CELLS, {
    async provideHover(document, position) {
      const range = document.getWordRangeAtPosition(position, /[\p{ID_Start}$_][\p{ID_Continue}$]*/u);
      const chain = range && chainTo(document.lineAt(position).text, range.start.character, range.end.character);
      if (!range || !chain) return null;
      const value = (await ask(document, { kind: "value", chain })) as LiveValue | null;
      if (!value) return null;
      const shown = new MarkdownString()
        .appendCodeblock(`${chain}: ${value.type}`, "typescript")
        .appendCodeblock(value.text, "text");
      return new Hover(shown, range);
    },
  });
  return { dispose: () => [completion, hover].forEach((each) => void each.dispose()) };
}

const textBefore = (document: TextDocument, position: Position): string =>
  document.lineAt(position).text.slice(0, position.character);

const notebookOf = (document: TextDocument): NotebookDocument | undefined =>
  workspace.notebookDocuments.find((notebook) => notebook.getCells().some((cell) => cell.document === document));
