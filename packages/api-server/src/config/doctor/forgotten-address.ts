import { type Rule, warning } from "./finding.ts";
import { serviceKeys } from "./remote-services.ts";

/** Keys of a connection without an address: the service is embedded, which was hardly meant. */
export const forgottenAddress: Rule = ({ config }) =>
  serviceKeys(config)
    .filter(
      ({ isRemote, tokenFilePath, caCertPath, serverName }) =>
        !isRemote && (tokenFilePath ?? caCertPath ?? serverName) !== undefined,
    )
    .map(({ name }) =>
      name === "k8shelld"
        ? warning(
            "k8shelld",
            "is for workspaces of a remote Provisioner, and the Provisioner is embedded",
            "Set provisioner.address, or leave the block out",
          )
        : warning(
            `${name}.address`,
            "is not set although the block has keys of a connection: the embedded service is used",
            "Set the address, or leave the block out",
          ),
    );
