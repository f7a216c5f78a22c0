import { usageError } from "@normstream/tensor";
import type { Telemetry } from "bullmq";

/**
 * BullMQ's traces and metrics for OpenTelemetry. Where they go is the application's to say, as everywhere: an SDK that is loaded with
 * `node --import`, and its environment.
 * @throws NormstreamError of kind `usage` where the package is not installed
 */
export async function openTelemetry(version: string): Promise<Telemetry> {
  try {
    const { BullMQOtel } = await import("bullmq-otel");
    return new BullMQOtel({ tracerName: "normstream", meterName: "normstream", version, enableMetrics: true });
  } catch (cause) {
    throw usageError("--telemetry needs the package bullmq-otel, which is not installed", {
      hint: "npm install bullmq-otel@2",
      cause,
    });
  }
}
