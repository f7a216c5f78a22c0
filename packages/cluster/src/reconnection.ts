const RETRY_MS = 250;

/** Does something again where the connection broke under it, for so long. What is done twice has to be as good as done once. */
export async function whileDisconnected<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionError(error) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Whether an error, or the one beneath it, says that the connection broke or that the server is on its way up. */
function isConnectionError(error: unknown): boolean {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  const isOne = /connection (is )?closed?|ECONNRESET|ECONNREFUSED|EPIPE|LOADING/i.test(`${code} ${message}`);
  return isOne || (cause !== undefined && cause !== null && isConnectionError(cause));
}
