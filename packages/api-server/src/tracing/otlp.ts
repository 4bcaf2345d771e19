import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { createTracing, type Tracing } from "./tracing.ts";

export interface OtlpOptions {
  /** `http://collector:4318/v1/traces`; absent: as the environment says (`OTEL_EXPORTER_OTLP_…`). */
  readonly endpoint: string | undefined;
  /** Share of the traces begun here that is recorded, 0 to 1. A caller's decision is followed. */
  readonly ratio: number;
  readonly version: string;
}

export interface RunningTracing extends Tracing {
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Traces sent over OTLP/HTTP (JSON). Loaded only when tracing is configured. */
export const startOtlpTracing = ({ endpoint, ratio, version }: OtlpOptions): RunningTracing => {
  const exporter = new OTLPTraceExporter(endpoint === undefined ? {} : { url: endpoint });
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "k8shell-api-server", "service.version": version }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  return {
    ...createTracing(provider.getTracer("k8shell-api-server", version)),
    close: () => provider.shutdown().catch(() => undefined),
  };
};
