/** Cuts a stream of text into lines, and reads each as JSON. */
export function jsonLines(take: (message: unknown) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") take(JSON.parse(line));
  };
}

/** One message as a line. */
export const jsonLine = (message: unknown): string => `${JSON.stringify(message)}\n`;
