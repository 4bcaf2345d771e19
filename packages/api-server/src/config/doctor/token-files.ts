import { type Finding, type Rule, warning } from "./finding.ts";
import { readText } from "./readable-file.ts";
import { serviceKeys } from "./remote-services.ts";

/** Tokens are read again for every call, so a file that comes later is no reason not to start. */
export const tokenFiles: Rule = ({ config }) =>
  serviceKeys(config)
    .filter(({ isRemote }) => isRemote)
    .flatMap(({ name, tokenFilePath }): Finding[] => {
      if (tokenFilePath === undefined) return [];
      const file = readText(tokenFilePath);
      const why = "why" in file ? file.why : file.text.trim() === "" ? "is empty" : undefined;
      return why === undefined
        ? []
        : [
            warning(
              `${name}.tokenFilePath`,
              `the file ${tokenFilePath} ${why}, so every call to the service fails until it is there`,
              "Project a service account token to that path, readable by this process",
            ),
          ];
    });
