import { Code, RpcError } from "./rpc-error.ts";
import type { Metadata } from "./types.ts";

/** What a call without metadata carries. */
const noMetadata: Metadata = Object.freeze({});

const plainKey = /^[-_.0-9a-z]+$/;
// Printable ASCII, the alphabet of a gRPC "ASCII-Value" (gRPC over HTTP/2, "Requests").
const plainValue = /^[ -~]*$/;

/**
 * Checks metadata before it leaves, and lower-cases its keys.
 * @throws RpcError InvalidArgument for a key or value that HTTP/2 headers cannot carry, or a binary (`-bin`) key.
 */
export const checkMetadata = (metadata: Metadata | undefined): Metadata => {
  if (!metadata) return noMetadata;
  let isLowerCase = true;
  for (const name of Object.keys(metadata)) {
    const value = metadata[name] ?? "";
    const key = name.toLowerCase();
    isLowerCase &&= key === name;
    if (!plainKey.test(key) || key.endsWith("-bin") || key.startsWith("grpc-")) {
      throw new RpcError(Code.InvalidArgument, `metadata key ${JSON.stringify(name)} is not allowed`);
    }
    if (!plainValue.test(value)) {
      throw new RpcError(Code.InvalidArgument, `metadata value of ${key} is not printable ASCII`);
    }
  }
  if (isLowerCase) return metadata;
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
};
