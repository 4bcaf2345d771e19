import type { SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import type { ServiceImpl } from "@k8shell/rpc";
import { answerHandshake } from "./handshake.ts";
import type { SystemInfoSource } from "./system-info.ts";

type SystemMethods = Pick<ServiceImpl<typeof SystemService>, "handshake" | "systemInfo">;

/** Handshake and SystemInfo (grpc-behaviour section 4). */
export const createSystemMethods = ({
  info,
  commit,
}: {
  info: SystemInfoSource;
  commit: string;
}): SystemMethods => ({
  handshake: ({ clientVersion }) => answerHandshake(clientVersion, commit),
  systemInfo: () => info.latest(),
});
