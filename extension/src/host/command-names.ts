/** Commands about the kernel of the notebook in front. */
export const KERNEL_COMMANDS = {
  restart: "normstream.restart",
  interrupt: "normstream.interrupt",
  menu: "normstream.kernelMenu",
  log: "normstream.showLog",
} as const;

export const OPEN_STATISTICS = "normstream.openStatistics";
export const OPEN_EXAMPLE = "normstream.openExample";
