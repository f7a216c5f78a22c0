/** What a run may be called: a name in a command line, in keys and in paths. */
export const RUN_ID = "up to 64 letters, digits, hyphens and underscores";

export const isRunId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text);
