import { type AppService, LogType } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { App } from "./app.ts";
import type { AppManager } from "./app-manager.ts";

/** Longest a StopApp may take, milliseconds (grpc-behaviour section 4). */
const stopLimitMs = 5000;

/**
 * AppService (grpc-behaviour section 4).
 * @param apps undefined when the blueprint does not enable apps: everything is then NotFound
 */
export const createAppMethods = (apps: AppManager | undefined): ServiceImpl<typeof AppService> => {
  const requireApps = (): AppManager => {
    if (apps === undefined) throw new RpcError(Code.NotFound, "apps are not enabled in this workspace");
    return apps;
  };
  const requireApp = (name: string): App => {
    const manager = requireApps();
    if (name === "") throw new RpcError(Code.InvalidArgument, "the name of the app is missing");
    const app = manager.find(name);
    if (app === undefined) throw new RpcError(Code.NotFound, "no such app");
    return app;
  };
  const logType = (type: LogType) => (type === LogType.INSTALL ? "install" : "app");

  return {
    listApps: () => ({
      apps: requireApps()
        .all()
        .map((app) => app.report()),
    }),
    installApp({ name, force }) {
      requireApp(name).install(force);
      return {};
    },
    startApp({ name }) {
      requireApp(name).start();
      return {};
    },
    async stopApp({ name }) {
      const app = requireApp(name);
      const late = AbortSignal.timeout(stopLimitMs);
      const tooLate = new Promise<never>((_, reject) => {
        late.addEventListener("abort", () =>
          reject(new RpcError(Code.Internal, `app ${name} did not stop in time`)),
        );
      });
      await Promise.race([app.stop(), tooLate]);
      return {};
    },
    getLogs({ name, type }) {
      return { log: requireApp(name).log(logType(type)).read() };
    },
    async *getLogsStream({ name, type }, context) {
      const app = requireApp(name);
      const kind = logType(type);
      const log = app.log(kind);
      if (!log.exists()) throw new RpcError(Code.NotFound, "there is no such log yet");
      for await (const line of log.follow(() => app.isActive(kind), context.signal)) yield { line };
    },
  };
};
