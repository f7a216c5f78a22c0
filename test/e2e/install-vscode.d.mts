export function installVsCode(): string;
export function vscodePaths(folder: string): { readonly node: string; readonly entry: string };
