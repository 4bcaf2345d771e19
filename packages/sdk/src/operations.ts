import { K8shellError } from "./error.ts";
import { fillPath } from "./fill-path.ts";
import { type Operations, operationTable } from "./gen/operations.ts";
import type { QueryValues, RequestOptions, Transport } from "./transport.ts";

/** A call of an operation: path parameters, query parameters and `body` in one object. */
export type Call<K extends keyof Operations> = Operations[K]["optional"] extends true
  ? (input?: Operations[K]["input"], options?: CallOptions) => Promise<Operations[K]["output"]>
  : (input: Operations[K]["input"], options?: CallOptions) => Promise<Operations[K]["output"]>;

export interface CallOptions extends RequestOptions {
  /** Sent as `Idempotency-Key`; POST requests that have one are sent again after a failure that may pass. */
  readonly idempotencyKey?: string;
}

/** Every operation of the API that answers with JSON or nothing. */
export type Api = { readonly [K in keyof Operations]: Call<K> };

const readJson = async (response: Response): Promise<unknown> => {
  if (response.status === 204) return undefined;
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new K8shellError("The server's answer is not JSON: is this the address of a k8shell server?", {
      status: response.status,
      code: "invalid_response",
      cause,
    });
  }
};

/** Makes the function of one operation from its method and path. */
const callOf =
  (transport: Transport, [method, template]: readonly [string, string]) =>
  async (input: Readonly<Record<string, unknown>> = {}, options: CallOptions = {}): Promise<unknown> => {
    const { path, rest } = fillPath(template, input);
    const { body, ...query } = rest;
    const { idempotencyKey, ...requestOptions } = options;
    const response = await transport.send({
      ...requestOptions,
      method,
      path,
      query: query as QueryValues,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      },
      ...(idempotencyKey === undefined ? {} : { repeatable: true }),
    });
    return readJson(response);
  };

/** The functions of all operations. */
export const createApi = (transport: Transport): Api =>
  Object.fromEntries(
    Object.entries(operationTable).map(([id, row]) => [id, callOf(transport, row)]),
  ) as unknown as Api;
