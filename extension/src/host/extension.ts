import { type ExtensionContext, window } from "vscode";
import { CellQueue } from "./cell-queue.js";
import { createController } from "./controller.js";
import { registerKernelCommands } from "./kernel-commands.js";
import { Kernels } from "./kernels.js";
import { registerLiveLanguage } from "./live-language.js";
import { registerOpenExample } from "./open-example.js";
import { registerOpenStatistics } from "./open-statistics.js";
import { registerReportServer } from "./report-server.js";
import { createStatusItem } from "./status-item.js";

/** VS Code calls it once, when the first notebook opens or a command of ours is called. */
export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Normstream", { log: true });
  const kernels = new Kernels(context.extensionPath, log);
  const queue = new CellQueue(kernels);
  kernels.prepare();
  context.subscriptions.push(
    log,
    kernels,
    createController(queue),
    createStatusItem(kernels),
    ...registerKernelCommands(kernels, queue, log),
    registerLiveLanguage(kernels),
    registerReportServer(kernels),
    registerOpenStatistics(kernels, queue),
    registerOpenExample(context),
  );
}
