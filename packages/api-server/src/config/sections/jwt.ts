import { choice, optional, section, text } from "../fields.ts";

const embedded = { otherwise: "the embedded Identity's key" };

/** Of the keys the first that is set counts; the public half is derived from a private key. */
export const jwtVerifier = section(
  "How user tokens are verified. Of the keys the first that is set counts, in this order; they are for a remote Identity.",
  {
    signingMethod: optional(
      choice("es256", "rs256", "hs256"),
      "`es256`, `rs256` or `hs256`; pinned: no other algorithm is accepted",
      { otherwise: "the key's" },
    ),
    publicKey: optional(text(), "PEM of the issuer's public key", embedded),
    publicKeyFile: optional(text(), "file with it", embedded),
    privateKey: optional(text(), "PEM of the issuer's private key; its public half is used", {
      ...embedded,
      secret: true,
    }),
    privateKeyFile: optional(text(), "file with it", embedded),
    secretKey: optional(text(), "shared secret, for `hs256` only", { otherwise: "none", secret: true }),
    issuer: optional(text(), "claim `iss` that tokens must have", { otherwise: "not checked" }),
    audience: optional(text(), "claim `aud` that tokens must have", { otherwise: "not checked" }),
  },
);
