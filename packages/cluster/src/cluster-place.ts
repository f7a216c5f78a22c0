import { usageError } from "@normstream/tensor";
import type { RedisOptions } from "ioredis";

/** The URL of a Redis server that stands for the workers of a cluster. */
export type ClusterUrl = `redis://${string}` | `rediss://${string}`;

/** A Redis server, as `--engine` names it. */
export interface ClusterPlace {
  /** Without its password: what messages, records and logs say. */
  readonly name: string;
  readonly options: RedisOptions;
}

const EXAMPLE = "redis://host:6379, or rediss:// with TLS";

/** Whether a text names a Redis server. */
export const isClusterUrl = (text: string): text is ClusterUrl => /^rediss?:\/\//i.test(text);

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`. User and password also come from `NORMSTREAM_REDIS_USERNAME` and
 * `NORMSTREAM_REDIS_PASSWORD`, where no list of processes shows them; `NORMSTREAM_REDIS_CA` names a file of certificates for `rediss:`.
 * @param readCertificates reads that file
 * @throws NormstreamError of kind `usage` for what is no such URL; it does not repeat what may be a password
 */
export function clusterPlace(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  readCertificates: (path: string) => string = () => "",
): ClusterPlace {
  const wrong = (what: string) => usageError(`--engine: ${what}`, { expected: EXAMPLE });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong("is no URL");
  }
  if (!isClusterUrl(text)) throw wrong(`${url.protocol}// is no Redis`);
  if (url.hostname === "") throw wrong("names no host");
  if (url.search !== "" || url.hash !== "") throw wrong("takes no parameters after the database's number");
  const db = url.pathname.length > 1 ? Number(url.pathname.slice(1)) : 0;
  if (!Number.isInteger(db) || db < 0) throw wrong(`the database "${url.pathname.slice(1)}" is no number`);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? 6379 : Number(url.port);
  const username = decodeURIComponent(url.username) || environment.NORMSTREAM_REDIS_USERNAME;
  const password = decodeURIComponent(url.password) || environment.NORMSTREAM_REDIS_PASSWORD;
  const isTls = url.protocol.toLowerCase() === "rediss:";
  const certificates = environment.NORMSTREAM_REDIS_CA;
  return {
    name: `${isTls ? "rediss" : "redis"}://${url.hostname}:${port}${db === 0 ? "" : `/${db}`}`,
    options: {
      ...{ host, port, db },
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(isTls ? { tls: { servername: host, ...(certificates ? { ca: readCertificates(certificates) } : {}) } } : {}),
    },
  };
}

/** A text in which no URL keeps its user and password. */
export const withoutPasswords = (text: string): string => text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1");
