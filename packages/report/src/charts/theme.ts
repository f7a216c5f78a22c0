/** What a colour stands for. `bn`, `in`, `gn` and `ln` are the norms; `data` is the tensor as it came; `ghost` a second data set. */
export type ColorName =
  | "background"
  | "panel"
  | "ink"
  | "muted"
  | "axis"
  | "grid"
  | "data"
  | "ghost"
  | "bn"
  | "in"
  | "gn"
  | "ln"
  | "warning"
  | "focus";

export type Palette = Readonly<Record<ColorName, string>>;

/** `forced` takes the system's own colours; it is for forced-colors mode and means something in a browser only. */
export type ThemeName = "light" | "dark" | "contrast" | "contrast-light" | "forced";

const LIGHT: Palette = {
  background: "#ffffff",
  panel: "#f6f8fa",
  ink: "#1f2328",
  muted: "#59636e",
  axis: "#818b98",
  grid: "#dfe4e9",
  data: "#4d5763",
  ghost: "#6e7781",
  bn: "#0067b8",
  in: "#c2410c",
  gn: "#00796b",
  ln: "#9c2f86",
  warning: "#b3261e",
  focus: "#0969da",
};

const DARK: Palette = {
  background: "#1b1d21",
  panel: "#25282d",
  ink: "#e8eaed",
  muted: "#a9b1ba",
  axis: "#79828c",
  grid: "#383d44",
  data: "#b4bdc7",
  ghost: "#949da7",
  bn: "#5ab0f5",
  in: "#f0a03c",
  gn: "#4fd1b5",
  ln: "#e08ad0",
  warning: "#ff8a80",
  focus: "#79c0ff",
};

const CONTRAST: Palette = {
  background: "#000000",
  panel: "#000000",
  ink: "#ffffff",
  muted: "#ffffff",
  axis: "#ffffff",
  grid: "#5e5e5e",
  data: "#ffffff",
  ghost: "#d0d0d0",
  bn: "#4da6ff",
  in: "#ffb03a",
  gn: "#66edc4",
  ln: "#ff9ee0",
  warning: "#ff9a92",
  focus: "#f38518",
};

const CONTRAST_LIGHT: Palette = {
  background: "#ffffff",
  panel: "#ffffff",
  ink: "#000000",
  muted: "#000000",
  axis: "#000000",
  grid: "#a5a5a5",
  data: "#000000",
  ghost: "#404040",
  bn: "#004e8c",
  in: "#8f2d05",
  gn: "#00534a",
  ln: "#741c62",
  warning: "#8c1009",
  focus: "#0f4a85",
};

const FORCED: Palette = {
  background: "Canvas",
  panel: "Canvas",
  ink: "CanvasText",
  muted: "CanvasText",
  axis: "CanvasText",
  grid: "GrayText",
  data: "CanvasText",
  ghost: "GrayText",
  bn: "Highlight",
  in: "LinkText",
  gn: "CanvasText",
  ln: "CanvasText",
  warning: "CanvasText",
  focus: "Highlight",
};

/** The colours of each theme, named by what they stand for. Contrasts and colour blindness are held by tests. */
export const PALETTES: Readonly<Record<ThemeName, Palette>> = {
  light: LIGHT,
  dark: DARK,
  contrast: CONTRAST,
  "contrast-light": CONTRAST_LIGHT,
  forced: FORCED,
};
