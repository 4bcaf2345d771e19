import { createPublicKey, type KeyObject } from "node:crypto";
import type { Config } from "../config.ts";
import { type Finding, type Rule, refused, warning } from "./finding.ts";
import { readText } from "./readable-file.ts";

const fix = "Set jwtVerifier.publicKeyFile to the public key (PEM) of the issuer of user tokens";

/** The first key that is set, in the order in which they count. */
const firstKey = ({ jwtVerifier }: Config) => {
  const { publicKey, publicKeyFile, privateKey, privateKeyFile } = jwtVerifier;
  if (publicKey !== undefined) return { key: "publicKey", pem: publicKey, isPrivate: false };
  if (publicKeyFile !== undefined) return { key: "publicKeyFile", file: publicKeyFile, isPrivate: false };
  if (privateKey !== undefined) return { key: "privateKey", pem: privateKey, isPrivate: true };
  if (privateKeyFile !== undefined) return { key: "privateKeyFile", file: privateKeyFile, isPrivate: true };
  return undefined;
};

const parseKey = (pem: string): KeyObject | undefined => {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
};

/** What signs with the key: `es256`, `rs256`, or undefined for keys that neither does. */
const methodOf = (key: KeyObject): string | undefined => {
  if (key.asymmetricKeyType === "rsa") return "rs256";
  const isP256 = key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  return isP256 ? "es256" : undefined;
};

const checkPem = (key: string, source: string, pem: string, method: string | undefined): Finding[] => {
  const parsed = parseKey(pem);
  if (parsed === undefined) return [refused(`jwtVerifier.${key}`, `${source} is not a key in PEM`, fix)];
  const own = methodOf(parsed);
  if (own === undefined) {
    return [
      refused(
        `jwtVerifier.${key}`,
        "is neither an EC key on P-256 nor an RSA key",
        "Give the key that the issuer signs with, for es256 or rs256",
      ),
    ];
  }
  return method === undefined || method === own
    ? []
    : [
        refused(
          "jwtVerifier.signingMethod",
          `is ${method}, but jwtVerifier.${key} is a key for ${own}`,
          `Set it to ${own}, or give the other key`,
        ),
      ];
};

/** User tokens of a remote Identity are verified here, with a key that must be there and fit. */
export const jwtKey: Rule = ({ config }): Finding[] => {
  const { signingMethod, secretKey } = config.jwtVerifier;
  const found = firstKey(config);
  if (config.identity.address === undefined) {
    return found === undefined && secretKey === undefined
      ? []
      : [
          warning(
            "jwtVerifier",
            "has a key, which is not used: Identity is embedded and its tokens are verified with its own",
            "Set identity.address, or leave the key out",
          ),
        ];
  }
  if (signingMethod === "hs256") {
    return secretKey === undefined
      ? [
          refused(
            "jwtVerifier.secretKey",
            "is not set although jwtVerifier.signingMethod is hs256",
            "Set it to the secret that the issuer signs with, or use es256",
          ),
        ]
      : [
          warning(
            "jwtVerifier.signingMethod",
            "is hs256: whoever can verify tokens with the shared secret can also make them",
            "Let the issuer sign with es256 and give its public key",
          ),
        ];
  }
  if (found === undefined) {
    return [refused("jwtVerifier", "has no key although identity.address names a remote service", fix)];
  }
  const file = found.file === undefined ? undefined : readText(found.file);
  if (file !== undefined && "why" in file) {
    return [refused(`jwtVerifier.${found.key}`, `the file ${found.file} ${file.why}`, fix)];
  }
  const wrong = checkPem(
    found.key,
    found.file === undefined ? "the value" : `the file ${found.file}`,
    file?.text ?? found.pem ?? "",
    signingMethod,
  );
  if (wrong.length > 0 || !found.isPrivate) return wrong;
  return [
    warning(
      `jwtVerifier.${found.key}`,
      "is the issuer's private key: whoever reads it here can sign tokens for every user, and only its public half is needed",
      fix,
    ),
  ];
};
