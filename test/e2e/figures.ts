import { appendFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("pictures/", import.meta.url));

/** Tells a figure that was measured: in the test's output, and in a file beside the pictures. */
export function note(name: string, figures: unknown): void {
  const line = `${name}: ${JSON.stringify(figures)}\n`;
  process.stdout.write(line);
  mkdirSync(folder, { recursive: true });
  appendFileSync(`${folder}figures.txt`, line);
}
