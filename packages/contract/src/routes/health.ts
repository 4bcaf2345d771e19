import { z } from "zod";
import { route } from "../route.ts";
import { health, probe } from "../schemas/index.ts";

const tag = "Health";

export const healthRoutes = {
  healthcheck: route({
    method: "GET",
    path: "/healthcheck",
    operationId: "healthcheck",
    tag,
    summary: "State of the server and the services behind it",
    description:
      "Answers 200 as long as the server works at all; `status` and `backends` say what is degraded.",
    permission: { kind: "public", why: "says no more than which parts answer" },
    responses: { 200: health },
  }),
  livez: route({
    method: "GET",
    path: "/livez",
    root: true,
    operationId: "livez",
    tag,
    summary: "Liveness probe",
    permission: { kind: "public", why: "probes have no credentials" },
    responses: { 200: probe },
  }),
  readyz: route({
    method: "GET",
    path: "/readyz",
    root: true,
    operationId: "readyz",
    tag,
    summary: "Readiness probe",
    permission: { kind: "public", why: "probes have no credentials" },
    responses: { 200: probe },
    errors: { 503: "not ready: starting, draining, or a service that everything needs is down" },
  }),
  getMetrics: route({
    method: "GET",
    path: "/metrics",
    root: true,
    operationId: "getMetrics",
    tag,
    summary: "Metrics in the text format of Prometheus",
    description: "By default only from loopback; see the keys `metrics.*` of the configuration.",
    permission: {
      kind: "public",
      why: "scrapers have no account: the handler asks for an allowed address or the metrics token",
    },
    responses: { 200: "text" },
    errors: { 404: "not enabled, or served on a port of their own" },
  }),
  getOpenApi: route({
    method: "GET",
    path: "/openapi.json",
    operationId: "getOpenApi",
    tag: "Documentation",
    summary: "This document",
    permission: { kind: "public", why: "the contract is public" },
    responses: { 200: z.looseObject({ openapi: z.string() }) },
  }),
  getDocs: route({
    method: "GET",
    path: "/docs",
    root: true,
    operationId: "getDocs",
    tag: "Documentation",
    summary: "The API reference as a page",
    permission: { kind: "public", why: "the contract is public" },
    responses: { 200: "html" },
  }),
  getDocsAsset: route({
    method: "GET",
    path: "/docs/:asset",
    root: true,
    operationId: "getDocsAsset",
    tag: "Documentation",
    summary: "A script or style of the API reference page",
    permission: { kind: "public", why: "the contract is public" },
    params: z.object({ asset: z.string().regex(/^[\w.-]{1,64}$/) }),
    responses: { 200: "bytes" },
    errors: { 404: "no such asset" },
  }),
} as const;
