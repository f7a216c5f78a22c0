import { connectS3 } from "@normstream/formats";
import { NormstreamError, usageError } from "@normstream/tensor";
import type { RunStore } from "./run-store.js";

/** Objects that one request removes at most. */
const REMOVES = 1000;

/**
 * A prefix in S3, or in what speaks its protocol: `s3://bucket/prefix`. Region, endpoint and credentials are each machine's own, as for inputs.
 * An object is written whole or not at all there.
 */
export async function s3RunStore(place: string): Promise<RunStore> {
  const match = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/i.exec(place);
  if (!match) throw usageError("is no place in S3", { file: place, hint: "Write s3://bucket/prefix." });
  const Bucket = match[1] as string;
  const prefix = match[2] ? `${match[2]}/` : "";
  const name = `s3://${Bucket}/${prefix}`.replace(/\/$/, "");
  const { library, client: s3 } = await connectS3("a store in S3");
  const io = (what: string, cause: unknown) => {
    const { name: code = "", $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    return new NormstreamError("io", `${what}: ${code}${status === undefined ? "" : `, HTTP ${status}`}`, { file: name, cause });
  };
  const keysBelow = async (key: string): Promise<string[]> => {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new library.ListObjectsV2Command({ Bucket, Prefix: prefix + key, ...(token ? { ContinuationToken: token } : {}) }),
      );
      for (const { Key } of page.Contents ?? []) if (Key) keys.push(Key.slice(prefix.length));
      token = page.NextContinuationToken;
    } while (token);
    return keys;
  };
  return {
    name,
    async put(key, bytes) {
      await s3.send(new library.PutObjectCommand({ Bucket, Key: prefix + key, Body: bytes })).catch((cause) => {
        throw io("cannot write to the store of the run", cause);
      });
    },
    async get(key) {
      try {
        const { Body } = await s3.send(new library.GetObjectCommand({ Bucket, Key: prefix + key }));
        return new Uint8Array((await Body?.transformToByteArray()) ?? []);
      } catch (cause) {
        if ((cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return undefined;
        throw io("cannot read from the store of the run", cause);
      }
    },
    async folders() {
      try {
        const names: string[] = [];
        let token: string | undefined;
        do {
          const from = token ? { ContinuationToken: token } : {};
          const page = await s3.send(new library.ListObjectsV2Command({ Bucket, Prefix: prefix, Delimiter: "/", ...from }));
          for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix) names.push(Prefix.slice(prefix.length, -1));
          token = page.NextContinuationToken;
        } while (token);
        return names;
      } catch (cause) {
        throw io("cannot list the store of the run", cause);
      }
    },
    async list(key) {
      try {
        return (await keysBelow(`${key}/`)).map((each) => each.slice(key.length + 1)).filter((each) => !each.includes("/"));
      } catch (cause) {
        throw io("cannot list the store of the run", cause);
      }
    },
    async remove(key) {
      try {
        const keys = (await keysBelow(key)).filter((each) => each === key || each.startsWith(`${key}/`));
        for (let at = 0; at < keys.length; at += REMOVES) {
          const Objects = keys.slice(at, at + REMOVES).map((each) => ({ Key: prefix + each }));
          await s3.send(new library.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
        }
      } catch (cause) {
        throw io("cannot remove from the store of the run", cause);
      }
    },
  };
}
