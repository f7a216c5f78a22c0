import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";

/** What the figures were taken on. @param versions of the peers, by name */
export function describeMachine(versions) {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    c: versions.c ?? null,
    numpy: versions.numpy ?? null,
    torch: versions.torch ?? null,
  };
}

export function machineLines({ cpu, cores, memoryGB, os, node, c, numpy, torch }) {
  return [
    `${cpu}, ${cores} cores, ${memoryGB} GB, ${os}`,
    `Node ${node} · C ${c ?? "missing"} · numpy ${numpy ?? "missing"} · torch ${torch ?? "missing"}`,
  ];
}
