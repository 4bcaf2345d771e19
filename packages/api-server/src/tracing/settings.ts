import type { Config } from "../config/config.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface TracingSettings {
  readonly endpoint: string | undefined;
  readonly ratio: number;
}

const ratioOf = (text: string | undefined): number | undefined => {
  const ratio = Number(text);
  return text !== undefined && text !== "" && ratio >= 0 && ratio <= 1 ? ratio : undefined;
};

/** The sampler of the standard environment variables; the parent's decision always comes first here. */
const environmentRatio = ({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument }: Env) => {
  if (sampler?.endsWith("always_off")) return 0;
  return sampler?.endsWith("traceidratio") ? ratioOf(argument) : undefined;
};

/**
 * Whether traces are sent, and where: the configuration first, then the standard variables of OpenTelemetry
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). undefined: they are not.
 */
export const tracingSettings = ({ tracing }: Config, env: Env): TracingSettings | undefined => {
  const byEnvironment =
    (env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "") !== "" &&
    env.OTEL_TRACES_EXPORTER !== "none";
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return undefined;
  if (tracing.endpoint === undefined && !byEnvironment) return undefined;
  const ratio = tracing.samplePercent === undefined ? environmentRatio(env) : tracing.samplePercent / 100;
  return { endpoint: tracing.endpoint, ratio: ratio ?? 1 };
};
