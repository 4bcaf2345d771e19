import { Metadata as GrpcMetadata } from "@grpc/grpc-js";
import { checkMetadata } from "./metadata.ts";
import type { Metadata } from "./types.ts";

/** What grpc-js received, without binary values. */
export const plainMetadata = (metadata: GrpcMetadata): Metadata => {
  const plain: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata.getMap())) {
    if (typeof value === "string") plain[key] = value;
  }
  return plain;
};

/** What grpc-js is to send. @throws RpcError InvalidArgument as `checkMetadata` */
export const grpcMetadata = (plain: Metadata): GrpcMetadata => {
  const metadata = new GrpcMetadata();
  for (const [key, value] of Object.entries(checkMetadata(plain))) metadata.set(key, value);
  return metadata;
};
