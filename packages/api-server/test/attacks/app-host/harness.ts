import { afterAll, beforeAll } from "vitest";
import { type AppGateway, startAppGateway } from "../../app-host/gateway.ts";

/** A gateway before one workspace, started once for a file of attacks. */
export const attackedAppHost = (): (() => AppGateway) => {
  let fixture: AppGateway | undefined;
  beforeAll(async () => {
    fixture = await startAppGateway();
  });
  afterAll(async () => {
    await fixture?.close();
  });
  return () => {
    if (!fixture) throw new Error("not started");
    return fixture;
  };
};

/** The beginning of an authorized request, up to its own headers. */
export const requestLine = ({ hostOf, token }: AppGateway, port: number, line = "POST / HTTP/1.1"): string =>
  `${line}\r\nHost: ${hostOf(port)}\r\nK8shell-Authorization: ${token["k8shell-authorization"]}\r\n`;

/** Status codes of all responses in what came back. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
