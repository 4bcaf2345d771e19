import { Code, RpcError } from "@k8shell/rpc";
import { createResumableUploads } from "../files/resumable/resumable-uploads.ts";
import { startUploadJanitor, type UploadJanitorDeps } from "../files/resumable/upload-janitor.ts";
import { createUploadStore } from "../files/resumable/upload-record.ts";
import { createWithSession } from "../files/workspace-session.ts";
import { ApiError } from "../http/api-error.ts";
import type { BoundRoute } from "../http/handler.ts";
import { fileRoutes } from "../routes/files.ts";
import { uploadRoutes } from "../routes/uploads.ts";
import type { RouteContext } from "./gateway.ts";

/** Files of workspaces: transfers, operations and resumable uploads, with the removal of those that expired. */
export const fileFeature = ({ config, backends, uploads, log, onClose }: RouteContext): BoundRoute[] => {
  const { workspaces, provisioner } = backends;
  const { maxUploadBytes, maxUploadBytesByRole, uploadExpirySeconds } = config.files;
  const withSession = createWithSession({ workspaces });
  const limits = { maxBytes: maxUploadBytes, byRole: maxUploadBytesByRole };
  const store = createUploadStore(uploads);

  const connect: UploadJanitorDeps["connect"] = async (key) => {
    try {
      const name = key.slice(key.indexOf("/") + 1);
      return workspaces.connect(await provisioner.findWorkspace({ workspace: name }));
    } catch (error) {
      if (error instanceof RpcError && error.code === Code.NotFound) return "gone";
      if (error instanceof ApiError && error.code === "workspace_not_running") return "stopped";
      throw error;
    }
  };
  const janitor = startUploadJanitor({ store, connect, log });
  onClose(janitor.close);

  return [
    ...fileRoutes({ withSession, limits }),
    ...uploadRoutes({
      withSession,
      limits,
      uploads: createResumableUploads({ store, expiryMs: uploadExpirySeconds * 1000 }),
    }),
  ];
};
