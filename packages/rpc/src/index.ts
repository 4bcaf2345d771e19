export { responseOf } from "./answered.ts";
export type { BlockCall, BlockCallEvents, BlockChannel } from "./blocks/channel.ts";
export type { BlockMethod, ServedBlockCall, ServedBlockEvents } from "./blocks/server.ts";
export { type StreamedBlocksOptions, streamedBlocks } from "./blocks/streamed.ts";
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitState,
  circuitBreaker,
} from "./circuit-breaker.ts";
export { freeMemory } from "./free-memory.ts";
export { type GrpcChannel, type GrpcChannelOptions, grpcChannel } from "./grpc-channel.ts";
export { type GrpcServer, type GrpcServerOptions, type ServerTls, startGrpcServer } from "./grpc-server.ts";
export { type InProcessChannelOptions, inProcessChannel } from "./in-process-channel.ts";
export { createLentWriter, type LentWriter } from "./lent-writer.ts";
export { methodPath } from "./method-table.ts";
export { type CallObserver, type ObservedCall, observeBlocks, observeChannel } from "./observe.ts";
export { createPipe, type Pipe } from "./pipe.ts";
export { register } from "./register.ts";
export { type RetryOptions, withRetries } from "./retry.ts";
export { Code, codeName, RpcError, type RpcErrorOptions } from "./rpc-error.ts";
export type {
  CallContext,
  CallOptions,
  Channel,
  Client,
  Metadata,
  ServiceImpl,
  ServiceRegistration,
} from "./types.ts";
