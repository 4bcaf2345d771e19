import { X509Certificate } from "node:crypto";
import { type Finding, type Rule, refused, warning } from "./finding.ts";
import { readText } from "./readable-file.ts";
import { serviceKeys } from "./remote-services.ts";

const isCertificate = (pem: string): boolean => {
  try {
    return new X509Certificate(pem) !== undefined;
  } catch {
    return false;
  }
};

/** A service is trusted through its CA file: without the file there is no connection to it. */
export const caFiles: Rule = ({ config }) =>
  serviceKeys(config)
    .filter(({ isRemote }) => isRemote)
    .flatMap(({ name, caCertPath, serverName }): Finding[] => {
      if (caCertPath === undefined) {
        return serverName === undefined
          ? []
          : [
              warning(
                `${name}.serverName`,
                `means nothing without ${name}.caCertPath: the connection is plaintext`,
                `Set ${name}.caCertPath to the CA's certificate (PEM) to use TLS`,
              ),
            ];
      }
      const key = `${name}.caCertPath`;
      const file = readText(caCertPath);
      if ("why" in file) {
        return [
          refused(
            key,
            `the file ${caCertPath} ${file.why}`,
            "Mount the CA's certificate there, or leave the key out for plaintext",
          ),
        ];
      }
      return isCertificate(file.text)
        ? []
        : [
            refused(
              key,
              `the file ${caCertPath} is not a certificate`,
              "Put the CA's certificate into it, as PEM (-----BEGIN CERTIFICATE-----)",
            ),
          ];
    });
