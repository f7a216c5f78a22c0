import type { S3Client as Client, GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { NormstreamError, usageError } from "@normstream/tensor";
import { changedError } from "./http-requests.js";
import { NoSuchObjectError, type RangeAnswer, type RangeRequests, TransientError } from "./range-requests.js";

let client: Promise<Client> | undefined;

/**
 * An object in S3, or in what speaks its protocol: `s3://bucket/key`. Region, endpoint and credentials come from the usual chain of
 * AWS's own library (environment, shared files, SSO, container, instance); none of them is ever said.
 * `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names another endpoint, which is asked for paths rather than host names.
 * @throws NormstreamError of kind `usage` for what is no such address.
 */
export function s3Requests(url: string): RangeRequests {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  if (!match) throw usageError("is no address of an object", { file: url, hint: "Write s3://bucket/key." });
  const [, Bucket, Key] = match as unknown as [string, string, string];
  return {
    name: url,
    async request(range, identity, signal) {
      const { GetObjectCommand } = await loadLibrary();
      client ??= connect();
      const asked = { Bucket, Key, Range: `bytes=${range.from}-${range.to - 1}` };
      const condition = identity?.etag === undefined ? {} : { IfMatch: identity.etag };
      try {
        const s3 = await client;
        return answerOf(await s3.send(new GetObjectCommand({ ...asked, ...condition }), { abortSignal: signal }), url);
      } catch (error) {
        throw error instanceof NormstreamError ? error : refusal(error, url);
      }
    },
  };
}

/** Large, and wanted by few: users of S3 install it themselves. */
async function loadLibrary(): Promise<typeof import("@aws-sdk/client-s3")> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    throw usageError("reading from S3 needs a library that is not installed", {
      expected: "@aws-sdk/client-s3",
      hint: "npm install @aws-sdk/client-s3",
      cause,
    });
  }
}

async function connect(): Promise<Client> {
  // A word to those who install the library, not to those who run a command.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const { S3Client } = await loadLibrary();
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const isOther = AWS_ENDPOINT_URL_S3 !== undefined || AWS_ENDPOINT_URL !== undefined;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION;
  return new S3Client({
    // Who reads a range again is one place, which also goes on in the middle of a body.
    maxAttempts: 1,
    followRegionRedirects: true,
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(isOther ? { forcePathStyle: true } : {}),
    ...(region !== undefined ? { region } : isOther ? { region: "us-east-1" } : {}),
  });
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
