import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { explainNetwork, explainNetworkCode } from "../system-error.ts";
import { type Finding, failed, ok, warning } from "./check.ts";

const limitMs = 10_000;
const dayMs = 86_400_000;

/** Proxies of the environment stand between: what is found here would be about the wrong way. */
const address = (url: URL): { host: string; port: number } => ({
  host: url.hostname.replace(/^\[|\]$/g, ""),
  port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
});

/** Does the server's name resolve? */
export const checkName = async (url: URL): Promise<Finding> => {
  const { host } = address(url);
  try {
    const found = await lookup(host, { all: true });
    return ok("name", `${host} is ${found.map((entry) => entry.address).join(", ")}`);
  } catch {
    return failed(
      "name",
      `${host} is not known to this machine's name service`,
      "Check the spelling, and VPN or DNS",
    );
  }
};

/** Does anything accept connections? */
export const checkConnection = (url: URL): Promise<Finding> =>
  new Promise((resolve) => {
    const { host, port } = address(url);
    const socket = connectTcp({ host, port, timeout: limitMs });
    const end = (finding: Finding) => {
      socket.destroy();
      resolve(finding);
    };
    socket.once("connect", () => end(ok("connection", `${host} port ${port} accepts connections`)));
    socket.once("timeout", () =>
      end(
        failed(
          "connection",
          `${host} port ${port} does not answer`,
          "A firewall may drop it: check VPN and network",
        ),
      ),
    );
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const { why, fix } = explainNetwork(error) ?? {
        why: error.code ?? error.message,
        fix: "Check the address and port of the context, and that the server runs",
      };
      end(failed("connection", `${host} port ${port}: ${why}`, fix));
    });
  });

/** Is the certificate trusted, for this name, and for how long? */
export const checkCertificate = (url: URL, insecure: boolean): Promise<Finding> =>
  new Promise((resolve) => {
    if (url.protocol !== "https:") {
      const loopback = /^(localhost|127\.|\[::1\])/.test(url.hostname);
      resolve(
        loopback
          ? ok("certificate", "none needed: this machine")
          : warning(
              "certificate",
              "plain HTTP: token and data can be read on the way",
              "Use an https:// address",
            ),
      );
      return;
    }
    const { host, port } = address(url);
    const socket = connectTls({ host, port, servername: host, rejectUnauthorized: false, timeout: limitMs });
    const end = (finding: Finding) => {
      socket.destroy();
      resolve(finding);
    };
    socket.once("secureConnect", () => {
      const { valid_to: until } = socket.getPeerCertificate();
      const days = Math.floor((Date.parse(until) - Date.now()) / dayMs);
      if (!socket.authorized) {
        const code = String(socket.authorizationError);
        const { why, fix } = explainNetworkCode(code) ?? {
          why: "it is not trusted",
          fix: "Tell the operator",
        };
        const reason = `${why} (${code})`;
        end(
          insecure
            ? warning("certificate", `${reason}; not verified, as the context says`, fix)
            : failed("certificate", reason, fix),
        );
      } else if (days < 14) end(warning("certificate", `expires in ${days} days`, "Tell the operator"));
      else end(ok("certificate", `trusted, for another ${days} days`));
    });
    socket.once("timeout", () =>
      end(failed("certificate", "the TLS handshake did not end", "Is it an HTTPS port?")),
    );
    socket.once("error", (error) => {
      const { why, fix } = explainNetwork(error) ?? {
        why: error.message,
        fix: "Is it an HTTPS port? Try the address with http://",
      };
      end(failed("certificate", why, fix));
    });
  });
