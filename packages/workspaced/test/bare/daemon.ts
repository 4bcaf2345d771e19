import { startGrpcDaemon } from "../fixture.ts";
import { type BareClient, type BareStream, bareClient } from "./client.ts";
import type { WireMessage } from "./wire.ts";

export const ssh = (method: string) => `/k8shelld.SshService/${method}`;
export const system = (method: string) => `/k8shelld.SystemService/${method}`;
export const app = (method: string) => `/k8shelld.AppService/${method}`;

export const connect = async (changes: Parameters<typeof startGrpcDaemon>[0] = {}) => {
  const daemon = await startGrpcDaemon(changes);
  const { listen, tokenFile } = daemon.config;
  return { ...daemon, bare: bareClient(`unix:${listen}`, tokenFile) };
};

export const pty = { cmdShell: 2, usePty: 4, width: 5, height: 6, lockId: 8, detach: 9 };
export const shell = (bare: BareClient, id: string, start: WireMessage = [[pty.usePty, true]]) => {
  const call = bare.stream(ssh("Shell"), { "session-id": id });
  call.write([[1, start]]);
  return call;
};
export const detachable: WireMessage = [
  [pty.usePty, true],
  [pty.detach, true],
];
export const type = (call: BareStream, text: string) => call.write([[3, text]]);
export const shows = (call: BareStream, text: string | RegExp) =>
  call.until(() => {
    const output = call.output(2).toString();
    return typeof text === "string" ? output.includes(text) : text.test(output);
  });
export const numberIn = (call: BareStream, pattern: RegExp) =>
  Number(pattern.exec(call.output(2).toString())?.[1]);
export const sessions = async (bare: BareClient) =>
  (await bare.unary(ssh("ListSessions"))).response.messages(1).map((session) => session.text(1));
export const acquire = async (bare: BareClient, id: string) =>
  (await bare.unary(ssh("AcquireSession"), [[1, id]])).response;

export const execute = (bare: BareClient, id: string, details: WireMessage) => {
  const call = bare.stream(ssh("Exec"), { "exec-id": id });
  call.write([[1, details]]);
  return call;
};
export const exitCode = (call: BareStream) => call.frames.at(-1)?.number(3);
