import type { ThemeName } from "@normstream/report/charts";

export type ThemeChoice = Exclude<ThemeName, "forced"> | "auto";

/** The themes of VS Code, by the class of its webviews' bodies. */
const VSCODE_THEMES: readonly (readonly [string, Exclude<ThemeName, "forced">])[] = [
  ["vscode-high-contrast-light", "contrast-light"],
  ["vscode-high-contrast", "contrast"],
  ["vscode-dark", "dark"],
  ["vscode-light", "light"],
];

/** The theme of the page around: VS Code's where it is one, else the system's (`auto` leaves that to the style sheet). */
export function pageTheme(): ThemeChoice {
  const { classList } = document.body;
  return VSCODE_THEMES.find(([name]) => classList.contains(name))?.[1] ?? "auto";
}

/** Calls back when VS Code's theme changes; gives what stops it. */
export function watchPageTheme(callback: (theme: ThemeChoice) => void): () => void {
  const observer = new MutationObserver(() => callback(pageTheme()));
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  return () => observer.disconnect();
}

/** The theme whose colours a saved picture gets. */
export function fileTheme(theme: ThemeChoice): Exclude<ThemeName, "forced"> {
  if (theme !== "auto") return theme;
  const matches = (query: string): boolean => window.matchMedia(query).matches;
  const dark = matches("(prefers-color-scheme: dark)");
  if (matches("(prefers-contrast: more)")) return dark ? "contrast" : "contrast-light";
  return dark ? "dark" : "light";
}
