import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";
import { type CallObserver, Code, codeName, type Metadata } from "@k8shell/rpc";
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { givenRequestId } from "../http/request-id.ts";

/** How one request ended. */
export interface RequestEnd {
  readonly method: string;
  /** Pattern of the route. */
  readonly route: string;
  readonly status: number;
  readonly username: string | undefined;
}

/** The span of a request. */
export interface RequestTrace {
  /** Id of the request: the caller's `x-request-id`, else the trace id. */
  readonly id: string;
  readonly traceId: string;
  /** Runs the request; calls to services made in it are its children. */
  run<T>(work: () => T): T;
  end(how: RequestEnd): void;
}

export interface Tracing {
  begin(request: IncomingMessage): RequestTrace;
  of(request: IncomingMessage): RequestTrace | undefined;
  /** Makes a span of each call and passes the trace on, in the metadata `traceparent` and `x-request-id`. */
  readonly calls: CallObserver;
}

interface Running {
  readonly context: Context;
  readonly requestId: string;
}

const getter = {
  keys: (headers: IncomingMessage["headers"]) => Object.keys(headers),
  get: (headers: IncomingMessage["headers"], key: string) => headers[key],
};
const setter = {
  set(metadata: Record<string, string>, key: string, value: string) {
    metadata[key] = value;
  },
};

/**
 * Traces from an incoming request to the services behind (W3C Trace Context). The current span is carried by the
 * asynchronous context of the request.
 */
export const createTracing = (tracer: Tracer): Tracing => {
  const propagator = new W3CTraceContextPropagator();
  const current = new AsyncLocalStorage<Running>();
  const traces = new WeakMap<IncomingMessage, RequestTrace>();

  const inject = (context: Context, requestId: string): Metadata => {
    const metadata: Record<string, string> = { "x-request-id": requestId };
    propagator.inject(context, metadata, setter);
    return metadata;
  };

  const requestTrace = (span: Span, context: Context, request: IncomingMessage): RequestTrace => {
    const { traceId } = span.spanContext();
    const id = givenRequestId(request) ?? traceId;
    return {
      id,
      traceId,
      run: (work) => current.run({ context, requestId: id }, work),
      end({ method, route, status, username }) {
        span.updateName(`${method} ${route}`);
        span.setAttributes({
          "http.route": route,
          "http.response.status_code": status,
          ...(username === undefined ? {} : { "enduser.id": username }),
        });
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  };

  return {
    begin(request) {
      const parent = propagator.extract(ROOT_CONTEXT, request.headers, getter);
      const method = request.method ?? "";
      const attributes = { "http.request.method": method, "url.scheme": "http" };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      const begun = requestTrace(span, trace.setSpan(parent, span), request);
      span.setAttribute("k8shell.request_id", begun.id);
      traces.set(request, begun);
      return begun;
    },
    of: (request) => traces.get(request),
    calls: {
      begin(path, streaming) {
        const running = current.getStore();
        if (!running) return { end: () => undefined };
        const [, service = "", method = ""] = path.split("/");
        const attributes = { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method };
        const span = tracer.startSpan(
          `${service}/${method}`,
          { kind: SpanKind.CLIENT, attributes },
          running.context,
        );
        const metadata = inject(trace.setSpan(running.context, span), running.requestId);
        // Of a stream only the beginning is known here.
        if (streaming) span.end();
        return {
          metadata,
          end(code) {
            span.setAttribute("rpc.grpc.status_code", code);
            if (code !== Code.Ok) span.setStatus({ code: SpanStatusCode.ERROR, message: codeName(code) });
            span.end();
          },
        };
      },
    },
  };
};
