import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { NormstreamError, usageError } from "@normstream/tensor";
import { changedError } from "./http-requests.js";
import { NoSuchObjectError, type RangeAnswer, type RangeRequests, TransientError } from "./range-requests.js";
import { connectS3, type S3 } from "./s3-client.js";

let connected: Promise<S3> | undefined;

/**
 * An object in S3, or in what speaks its protocol: `s3://bucket/key`. Whose it is and where, `connectS3` finds out.
 * @throws NormstreamError of kind `usage` for what is no such address.
 */
export function s3Requests(url: string): RangeRequests {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  if (!match) throw usageError("is no address of an object", { file: url, hint: "Write s3://bucket/key." });
  const [, Bucket, Key] = match as unknown as [string, string, string];
  return {
    name: url,
    async request(range, identity, signal) {
      // Who reads a range again is one place, which also goes on in the middle of a body.
      connected ??= connectS3("reading from S3", { maxAttempts: 1 });
      const asked = { Bucket, Key, Range: `bytes=${range.from}-${range.to - 1}` };
      const condition = identity?.etag === undefined ? {} : { IfMatch: identity.etag };
      try {
        const { library, client } = await connected;
        return answerOf(
          await client.send(new library.GetObjectCommand({ ...asked, ...condition }), { abortSignal: signal }),
          url,
        );
      } catch (error) {
        throw error instanceof NormstreamError ? error : refusal(error, url);
      }
    },
  };
}

function answerOf(output: GetObjectCommandOutput, name: string): RangeAnswer {
  const objectBytes = Number(/\/(\d+)$/.exec(output.ContentRange ?? "")?.[1]);
  if (!Number.isSafeInteger(objectBytes)) {
    throw new NormstreamError("io", "the server sent no range where one was asked for", {
      file: name,
      hint: "It does not serve ranges: download the object first.",
    });
  }
  return {
    objectBytes,
    etag: output.ETag,
    mtimeMs: output.LastModified?.getTime() ?? 0,
    body: (output.Body ?? []) as AsyncIterable<Uint8Array>,
  };
}

/** What an error of the library means; its own words may hold a key's name and are not passed on. */
function refusal(error: unknown, name: string): Error {
  const {
    name: code = "",
    $metadata,
    $retryable,
  } = error as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
    $retryable?: unknown;
  };
  const status = $metadata?.httpStatusCode;
  if (code === "CredentialsProviderError" || code === "TokenProviderError") {
    return new NormstreamError("io", "no credentials for S3 were found", {
      file: name,
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
    });
  }
  if (status === 412 || code === "PreconditionFailed") return changedError(name);
  if (status === 416 || code === "InvalidRange") {
    return new NormstreamError("io", "the object is empty or shorter than it was", { file: name });
  }
  if (code === "NoSuchBucket") return new NormstreamError("io", "there is no such bucket", { file: name });
  if (status === 404) return new NoSuchObjectError("there is no such object", name);
  if (status === 401 || status === 403) {
    return new NormstreamError("io", `access is refused (${code}, HTTP ${status})`, {
      file: name,
      hint: "Look at the credentials' rights, and at AWS_PROFILE and AWS_REGION.",
    });
  }
  if (status === undefined || status >= 500 || status === 429 || $retryable !== undefined) {
    return new TransientError(status === undefined ? `no answer (${code})` : `${code}, HTTP ${status}`, { cause: error });
  }
  return new NormstreamError("io", `the server answered ${code}, HTTP ${status}`, { file: name });
}
