import { Command } from "commander";
import { version } from "../../package.json";
import { addClusterCommands } from "./cluster-commands.js";
import { throwErrors } from "./command-line.js";
import { HELP } from "./help.js";
import { addOptions, addOutputOption, CLUSTER_OPTIONS, INPUT_OPTIONS, RUN_OPTIONS } from "./options.js";

const INPUT = "Input:";
const RUNNING = "Running:";
const CLUSTER = "On a cluster:";
const OUTPUT = "Output:";

/** The command line: what there is, what it means, and which file of this folder does it. Commands load when they run. */
export function createProgram(signal: AbortSignal): Command {
  const program = throwErrors(new Command("normstream"))
    .description("Exact batch and instance normalization of data larger than memory.")
    .usage("COMMAND [options]")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [COMMAND]", "Print the help of a command.")
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", HELP.program);
  const add = (name: keyof typeof HELP, usage: string, argument: string | null, about: string, summary: string): Command => {
    const command = throwErrors(program.command(name))
      .description(summary)
      .usage(`${usage} [options]`)
      .helpOption("-h, --help", "print this help")
      .addHelpText("after", HELP[name]);
    return argument === null ? command : command.argument(argument, about);
  };

  const info = add(
    "info",
    "INPUT",
    "<INPUT>",
    "a data set, or a file of tensors",
    "Say what a file holds, and what a pass over it takes.",
  );
  info.action(async (input, options) => (await import("./info.js")).info(input, options, signal));
  addOptions(info, INPUT, INPUT_OPTIONS);
  addOptions(info, RUNNING, RUN_OPTIONS);
  addOptions(info, OUTPUT, ["json", "quiet"]);

  const init = add(
    "init",
    "FOLDER [-o FILE]",
    "<FOLDER>",
    "a folder of data",
    "Write a manifest of a data set by looking at its files.",
  );
  init.action(async (folder, options) => (await import("./init.js")).init(folder, options, signal));
  addOptions(init, INPUT, ["layout"]);
  addOutputOption(init, OUTPUT, "where to write it (default FOLDER/normstream.json)");
  addOptions(init, OUTPUT, ["overwrite", "json", "quiet"]);

  const stats = add(
    "stats",
    "INPUT [-o FILE]",
    "<INPUT>",
    "a data set of N samples",
    "Compute the statistics of a data set in one pass.",
  );
  stats.action(async (input, options) => (await import("./stats.js")).stats(input, options, signal));
  addOptions(stats, "Statistics:", ["norm", "groups", "batchSize", "nan"]);
  addOptions(stats, INPUT, [...INPUT_OPTIONS, "shard"]);
  addOptions(stats, RUNNING, [...RUN_OPTIONS, "checkpoint"]);
  addOptions(stats, CLUSTER, CLUSTER_OPTIONS);
  addOutputOption(stats, OUTPUT, "also write them: .npz (the table), .json, .safetensors");
  addOptions(stats, OUTPUT, ["overwrite", "json", "quiet"]);

  const normalize = add("normalize", "INPUT -o OUTPUT", "<INPUT>", "a data set of N samples", "Write the normalized tensor.");
  normalize.action(async (input, options) => (await import("./normalize.js")).normalize(input, options, signal));
  addOptions(normalize, "Normalization:", ["norm", "groups", "batchSize", "eps", "nan"]);
  addOptions(normalize, "Normalization:", ["weight", "bias", "runningMean", "runningVar"]);
  addOptions(normalize, INPUT, INPUT_OPTIONS);
  addOptions(normalize, RUNNING, [...RUN_OPTIONS, "checkpoint"]);
  addOptions(normalize, CLUSTER, CLUSTER_OPTIONS);
  addOutputOption(normalize, OUTPUT, "what to write (required): .npy, .npz, .safetensors, .parquet or .zarr");
  addOptions(normalize, OUTPUT, ["as", "fileBytes", "limit", "range", "outDtype", "overwrite", "json", "quiet"]);

  const advise = add(
    "advise",
    "INPUT|TABLE",
    "<INPUT>",
    "a data set of N samples, or a table that stats wrote",
    "Say which norm suits a data set, measured on it.",
  );
  advise.action(async (input, options) => (await import("./advise.js")).advise(input, options, signal));
  addOptions(advise, "Advice:", ["use", "adviceBatch", "adviceMomentum", "labels"]);
  addOptions(advise, INPUT, ["nan", ...INPUT_OPTIONS]);
  addOptions(advise, RUNNING, RUN_OPTIONS);
  addOptions(advise, CLUSTER, CLUSTER_OPTIONS);
  addOptions(advise, OUTPUT, ["json", "quiet"]);

  const check = add("check", "INPUT", "<INPUT>", "a data set of N samples", "Look for what is wrong with a data set.");
  check.action(async (input, options) => (await import("./check.js")).check(input, options, signal));
  addOptions(check, "Checks:", ["failOn"]);
  addOptions(check, INPUT, INPUT_OPTIONS);
  addOptions(check, RUNNING, RUN_OPTIONS);
  addOptions(check, CLUSTER, CLUSTER_OPTIONS);
  addOptions(check, OUTPUT, ["json", "quiet"]);

  const report = add(
    "report",
    "INPUT|TABLE [-o FILE]",
    "<INPUT>",
    "a data set of N samples, or a table that stats wrote",
    "Make a report: advice, checks, channels, histograms.",
  );
  report.argument("[BASELINE]", "another data set or table, drawn as ghost marks");
  report.action(async (input, baseline, options) => (await import("./report.js")).report(input, baseline, options, signal));
  addOptions(report, "Advice:", ["use", "adviceBatch", "adviceMomentum", "labels"]);
  addOptions(report, INPUT, ["nan", ...INPUT_OPTIONS]);
  addOptions(report, RUNNING, RUN_OPTIONS);
  addOptions(report, CLUSTER, CLUSTER_OPTIONS);
  addOutputOption(report, OUTPUT, "also write it: .html (a page), .ipynb, .png, .svg, .json");
  addOptions(report, OUTPUT, ["open", "overwrite", "json", "quiet"]);

  const merge = add(
    "merge",
    "TABLE TABLE... -o FILE",
    "<TABLE...>",
    "tables (.npz) or summaries (.json)",
    "Merge tables that stats wrote into one.",
  );
  merge.action(async (tables, options) => (await import("./merge.js")).merge(tables, options, signal));
  addOptions(merge, RUNNING, ["memory"]);
  addOutputOption(merge, OUTPUT, "the file to write (required): .npz (the table), .json, .safetensors");
  addOptions(merge, OUTPUT, ["overwrite", "json", "quiet"]);

  const remove = add(
    "remove",
    "WHOLE PART -o FILE",
    "<WHOLE>",
    "a table (.npz) or a summary (.json)",
    "Take a part out of a table.",
  );
  remove.argument("[PART]", "the same of what is to be removed");
  remove.action(async (whole, part, options) => (await import("./remove.js")).remove(whole, part, options, signal));
  addOptions(remove, INPUT, ["samples"]);
  addOptions(remove, RUNNING, ["memory"]);
  addOutputOption(remove, OUTPUT, "the file to write (required): .npz (the table), .json, .safetensors");
  addOptions(remove, OUTPUT, ["overwrite", "json", "quiet"]);

  const verify = add(
    "verify",
    "STATS [INPUT]",
    "<STATS>",
    "what stats wrote: a table (.npz) or a summary (.json)",
    "Say whether statistics still are those of their data.",
  );
  verify.argument("[INPUT]", "the data (default where they were)");
  verify.action(async (path, input, options) => (await import("./verify.js")).verify(path, input, options, signal));
  addOptions(verify, "Verification:", ["all"]);
  addOptions(verify, INPUT, INPUT_OPTIONS);
  addOptions(verify, RUNNING, RUN_OPTIONS);
  addOptions(verify, CLUSTER, CLUSTER_OPTIONS);
  addOptions(verify, OUTPUT, ["json", "quiet"]);

  const compare = add(
    "compare",
    "A B [-o FILE]",
    "<A>",
    "data, a table (.npz) or a summary (.json)",
    "Compare two data sets, channel by channel.",
  );
  compare.argument("<B>", "the other data set, in any of these forms");
  compare.action(async (a, b, options) => (await import("./compare.js")).compare([a, b], options, signal));
  addOptions(compare, "Statistics:", ["nan"]);
  addOptions(compare, INPUT, INPUT_OPTIONS);
  addOptions(compare, RUNNING, RUN_OPTIONS);
  addOptions(compare, CLUSTER, CLUSTER_OPTIONS);
  addOutputOption(compare, OUTPUT, "also draw them: .svg, .png");
  addOptions(compare, OUTPUT, ["failOnShift", "overwrite", "json", "quiet"]);

  const exported = add(
    "export",
    "STATS --to NAME -o FILE",
    "<STATS>",
    "what stats wrote: .npz, .json or .safetensors",
    "Write statistics for another framework.",
  );
  exported.action(async (input, options) => (await import("./export.js")).exportStatistics(input, options, signal));
  addOptions(exported, "Conversion:", [
    "to",
    "targetLayout",
    "norm",
    "groups",
    "eps",
    "momentum",
    "weight",
    "bias",
    "prefix",
    "scale",
  ]);
  addOutputOption(exported, OUTPUT, "the file to write (required); its extension says what");
  addOptions(exported, OUTPUT, ["overwrite", "json", "quiet"]);
  // A command again, in the place of the one that was given.
  const again = async (args: readonly string[]) => void (await createProgram(signal).parseAsync(args, { from: "user" }));
  addClusterCommands(add, again, signal);
  return program;
}
