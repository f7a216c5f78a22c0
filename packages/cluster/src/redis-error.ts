import { type NormstreamError, NormstreamError as OurError, usageError } from "@normstream/tensor";
import { type ClusterPlace, withoutPasswords } from "./cluster-place.js";

/** What an error of Redis or of its connection means, in one line that holds no password. */
export function redisError(cause: unknown, { name }: Pick<ClusterPlace, "name">): NormstreamError {
  if (cause instanceof OurError) return cause;
  // A transaction says why in the errors before it.
  const [before] = (cause as { previousErrors?: readonly Error[] }).previousErrors ?? [];
  if (before) return redisError(before, { name });
  const { message = String(cause), code } = cause as { message?: string; code?: string };
  const io = (what: string, hint?: string) => new OurError("io", what, { file: name, hint, cause });
  if (/WRONGPASS|invalid username-password|invalid password/i.test(message)) {
    return usageError("Redis refuses the password", {
      file: name,
      hint: "Set NORMSTREAM_REDIS_PASSWORD (and NORMSTREAM_REDIS_USERNAME), or write it into the URL.",
    });
  }
  if (/NOAUTH/i.test(message)) {
    return usageError("Redis wants a password", { file: name, hint: "Set NORMSTREAM_REDIS_PASSWORD, or write it into the URL." });
  }
  if (/NOPERM/i.test(message)) return usageError("this user of Redis may not run what a queue needs", { file: name });
  if (/^OOM|used memory > 'maxmemory'/i.test(message)) {
    return io("Redis is full (maxmemory)", "Give it more memory, or remove old runs: normstream runs.");
  }
  if (/MISCONF/i.test(message)) return io("Redis cannot write to its disk", "Look at its log.");
  if (/READONLY/i.test(message)) return io("this Redis is a replica, which is not written to", "Name the primary.");
  if (/max number of clients/i.test(message)) return io("Redis takes no more clients (maxclients)");
  if (code === "ECONNREFUSED") return io("no Redis answers there", "Start one, or correct --engine.");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return io("there is no such host");
  if (code === "ETIMEDOUT" || /timed? ?out/i.test(message)) return io("no Redis answers there: the connection timed out");
  if (/certificate|self.signed|SSL|TLS/i.test(`${code} ${message}`)) {
    return io(`TLS fails: ${withoutPasswords(message)}`, "NORMSTREAM_REDIS_CA names a file of certificates to trust.");
  }
  return io(`Redis fails: ${withoutPasswords(message)}`);
}
