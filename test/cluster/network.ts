import { spawnSync } from "node:child_process";

/** A network namespace with an address of its own, and a cable that can be pulled. */
export interface Network extends Disposable {
  /** What runs a program in it. */
  readonly through: readonly string[];
  /** This machine's address as it is seen from there. */
  readonly host: string;
  cut(): void;
  mend(): void;
}

const ip = (...args: string[]): boolean => spawnSync("ip", args).status === 0;

/** Whether this machine gives us namespaces: root, with iproute2. */
export function hasNetworks(): boolean {
  const name = `nsn${process.pid}`;
  if (!ip("netns", "add", name)) return false;
  return ip("netns", "del", name);
}

/** @param number 0 to 250 */
export function makeNetwork(number: number): Network {
  const name = `nsn${process.pid}-${number}`;
  const [outer, inner] = [`nso${process.pid % 10000}-${number}`, `nsi${process.pid % 10000}-${number}`];
  const host = `10.213.${number}.1`;
  const remove = () => {
    ip("link", "del", outer);
    ip("netns", "del", name);
  };
  const made =
    ip("netns", "add", name) &&
    ip("link", "add", outer, "type", "veth", "peer", "name", inner) &&
    ip("link", "set", inner, "netns", name) &&
    ip("addr", "add", `${host}/24`, "dev", outer) &&
    ip("link", "set", outer, "up") &&
    ip("netns", "exec", name, "ip", "addr", "add", `10.213.${number}.2/24`, "dev", inner) &&
    ip("netns", "exec", name, "ip", "link", "set", inner, "up") &&
    ip("netns", "exec", name, "ip", "link", "set", "lo", "up");
  if (!made) {
    remove();
    throw new Error("no network namespace can be made here");
  }
  return {
    through: ["ip", "netns", "exec", name],
    host,
    cut: () => void ip("link", "set", outer, "down"),
    mend: () => void ip("link", "set", outer, "up"),
    [Symbol.dispose]: remove,
  };
}
