import type { IncomingMessage } from "node:http";

/** How the session cookie is set (rest-contract section 5, `http.cookie`). */
export interface CookieSettings {
  readonly name: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: "Strict" | "Lax" | "None";
  readonly maxAgeSeconds: number;
  readonly path: string;
  readonly domain?: string;
}

/** Values of every cookie called `name`: with several domains or paths a browser may send more than one. */
export const cookieValues = (request: Pick<IncomingMessage, "headers">, name: string): string[] => {
  const header = request.headers.cookie;
  if (header === undefined || !header.includes(name)) return [];
  const values: string[] = [];
  for (const part of header.split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).trim() === name) values.push(part.slice(equals + 1).trim());
  }
  return values;
};

/** A `Set-Cookie` value. `value` must be plain characters. `maxAgeSeconds` 0 removes the cookie. */
export const setCookie = (
  { name, secure, httpOnly, sameSite, path, domain }: CookieSettings,
  value: string,
  maxAgeSeconds: number,
): string =>
  [
    `${name}=${value}`,
    `Path=${path}`,
    ...(domain ? [`Domain=${domain}`] : []),
    `Max-Age=${maxAgeSeconds}`,
    ...(httpOnly ? ["HttpOnly"] : []),
    // Browsers drop SameSite=None cookies that are not Secure.
    ...(secure || sameSite === "None" ? ["Secure"] : []),
    `SameSite=${sameSite}`,
  ].join("; ");
