import type { Command, CommanderError } from "commander";

/** The command line is not one of ours; the message is the whole line. */
export class CommandLineError extends Error {
  override readonly name = "CommandLineError";
}

/** The command line asked for a text and no more: help, the version. */
export class CommandLineEnd extends Error {
  override readonly name = "CommandLineEnd";
  readonly text: string;

  constructor(text: string) {
    super("the command line is done");
    this.text = text;
  }
}

/** The command did its work, and its answer is an exit code other than 0: everything has been said. */
export class CommandAnswer extends Error {
  override readonly name = "CommandAnswer";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("the command's answer is its exit code");
    this.exitCode = exitCode;
  }
}

/** Makes a command throw what this program reports, and keeps commander from writing errors of its own. */
export function throwErrors(command: Command): Command {
  let text = "";
  const writeOut = (piece: string) => {
    text += piece;
  };
  return command
    .exitOverride((error) => {
      throw translated(error, command, text);
    })
    .configureOutput({ writeOut, outputError: () => {} });
}

function translated(error: CommanderError, command: Command, written: string): Error {
  if (error.code === "commander.helpDisplayed" || error.code === "commander.version") return new CommandLineEnd(written);
  const help = `See ${fullName(command)} --help.`;
  // Commander shows help where no command is named.
  if (error.code === "commander.help") {
    return error.exitCode === 0 ? new CommandLineEnd(written) : new CommandLineError(`which command? ${help}`);
  }
  if (error.code === "commander.unknownOption") {
    const flag = /'(-[^']*)'/.exec(error.message)?.[1] ?? "";
    const owners = (command.parent?.commands ?? []).filter((other) =>
      other.options.some(({ long, short }) => long === flag || short === flag),
    );
    if (owners.length > 0) {
      const names = owners.map((other) => other.name()).join(" and ");
      return new CommandLineError(`${flag} does not go with ${command.name()}, but with ${names}. ${help}`);
    }
  }
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\.?\s*\(Did you mean (.*?)\?\)/, "; did you mean $1?")
    .replace(/'/g, '"')
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return new CommandLineError(`${text}${/[.?]$/.test(text) ? "" : "."} ${help}`);
}

const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
