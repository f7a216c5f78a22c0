import { startThreadWorker } from "@normstream/pool/worker";

/** The worker that piscina starts in each thread: its default export takes one shard a call. */
export default startThreadWorker();
