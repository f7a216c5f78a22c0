// Sends the spans and metrics of a run to an OpenTelemetry collector:  npm install @opentelemetry/sdk-node bullmq-otel@2
//   export NODE_OPTIONS="--import ./instrumentation.mjs" OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318
//   normstream worker --engine redis://queue:6379 --telemetry
// What else there is to say is said by OpenTelemetry's own variables: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS, and so on.
import { isMainThread } from "node:worker_threads";
import { NodeSDK } from "@opentelemetry/sdk-node";

process.env.OTEL_SERVICE_NAME ??= "normstream";
process.env.OTEL_METRICS_EXPORTER ??= "otlp";
// Threads load it too, and have nothing to say: jobs are the main thread's.
if (isMainThread) {
  const sdk = new NodeSDK();
  sdk.start();
  // What was not sent yet goes before the process ends.
  process.once("beforeExit", () => sdk.shutdown());
}
