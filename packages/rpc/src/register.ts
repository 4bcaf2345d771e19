import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl, ServiceRegistration } from "./types.ts";

/** Pairs a service with its implementation, typed by the service. A method left out answers Unimplemented. */
export const register = <S extends DescService>(
  service: S,
  implementation: Partial<ServiceImpl<S>>,
): ServiceRegistration => ({ service, implementation });
