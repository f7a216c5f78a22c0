import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { usageError } from "@normstream/tensor";

type Library = typeof import("@aws-sdk/client-s3");

/** AWS's library and a client of it. */
export interface S3 {
  readonly library: Library;
  readonly client: S3Client;
}

/**
 * Connects to S3, or to what speaks its protocol. Region, endpoint and credentials come from the usual chain of AWS's own library
 * (environment, shared files, SSO, container, instance); none of them is ever said. `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names
 * another endpoint, which is asked for paths rather than host names.
 * @param what wants it, for the error
 * @throws NormstreamError of kind `usage` where the library is not installed
 */
export async function connectS3(what: string, config: Pick<S3ClientConfig, "maxAttempts"> = {}): Promise<S3> {
  // A word to those who install the library, not to those who run a command.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const library = await loadLibrary(what);
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const isOther = AWS_ENDPOINT_URL_S3 !== undefined || AWS_ENDPOINT_URL !== undefined;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? (isOther ? "us-east-1" : undefined);
  const client = new library.S3Client({
    ...config,
    followRegionRedirects: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(isOther ? { forcePathStyle: true } : {}),
    ...(region !== undefined ? { region } : {}),
  });
  return { library, client };
}

/** Large, and wanted by few: users of S3 install it themselves. */
async function loadLibrary(what: string): Promise<Library> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    throw usageError(`${what} needs a library that is not installed`, {
      expected: "@aws-sdk/client-s3",
      hint: "npm install @aws-sdk/client-s3",
      cause,
    });
  }
}
