import manifest from "../package.json" with { type: "json" };

/** Version of the server. */
export const readVersion = (): string => manifest.version;
