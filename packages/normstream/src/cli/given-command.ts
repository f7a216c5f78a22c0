import { isClusterUrl, withoutPasswords } from "@normstream/cluster/place";
import { placeName } from "@normstream/formats";

let given: readonly string[] = process.argv.slice(2);

/** Runs another command in the place of the one that was given. */
export function takeCommand(args: readonly string[]): void {
  given = args;
}

/** The same, without what URLs keep secret. */
export const currentCommand = (): string[] =>
  given.map((text) => (isClusterUrl(text) || text.startsWith("-") ? withoutPasswords(text) : placeName(text)));

const OF_CLUSTER = ["--engine", "--store", "--run", "--patience"];

/** The same, without what says where it runs: what `resume` gives again. */
export function commandElsewhere(): string[] {
  const args: string[] = [];
  const all = currentCommand();
  for (let i = 0; i < all.length; i++) {
    const text = all[i] as string;
    if (OF_CLUSTER.includes(text)) i++;
    else if (!OF_CLUSTER.some((option) => text.startsWith(`${option}=`))) args.push(text);
  }
  return args;
}
