import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";

/** What the figures were taken on. @param versions of the peers that are there, by name */
export function describeMachine(versions) {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    os: `${platform()} ${release()} ${arch()}`,
    versions: { Node: process.version.slice(1), ...versions },
  };
}

export function machineLines({ cpu, cores, memoryGB, os, versions }) {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`${cpu}, ${cores} cores, ${memoryGB} GB, ${os}`, named.join(" · ")];
}
