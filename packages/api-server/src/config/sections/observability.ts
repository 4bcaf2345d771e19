import { boolean, httpUrl, integer, list, optional, section, text, withDefault } from "../fields.ts";

export const metrics = section("Metrics for Prometheus, at `/metrics`.", {
  enabled: withDefault(boolean(), true, "measure, and serve what was measured"),
  allowedCIDRs: optional(list(), "networks that may read them", { otherwise: "loopback" }),
  tokenFilePath: optional(text(), "file with a token; whoever sends it as a bearer token may read them too", {
    otherwise: "none",
  }),
  port: optional(integer(0, 65_535), "serve them on a port of their own, and on no other", {
    otherwise: "that of the API",
  }),
  bind: withDefault(text(), "127.0.0.1", "address of that port"),
});

export const tracing = section("OpenTelemetry traces over OTLP/HTTP.", {
  endpoint: optional(httpUrl(), "where to send them, e.g. `http://collector:4318/v1/traces`", {
    otherwise: "`OTEL_EXPORTER_OTLP_ENDPOINT`; without it there are no traces",
  }),
  samplePercent: optional(integer(0, 100), "share of the traces begun here that is recorded", {
    otherwise: "`OTEL_TRACES_SAMPLER_ARG`, else 100",
  }),
});
