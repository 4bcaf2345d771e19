import { styleSheet } from "./style.ts";

const baseHeaders = {
  "cache-control": "no-store",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/**
 * A page under a policy that allows nothing but its style sheet and its own form.
 * @param formTarget origin the form's answer may redirect to: browsers apply `form-action` to it as well
 */
export const htmlResponse = (
  body: string,
  o: { status?: number; cookies?: readonly string[]; formTarget?: string } = {},
): Response => {
  const formAction = ["'self'", ...(o.formTarget === undefined ? [] : [o.formTarget])].join(" ");
  const headers = new Headers({
    ...baseHeaders,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src 'self'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
  });
  for (const cookie of o.cookies ?? []) headers.append("set-cookie", cookie);
  return new Response(body, { status: o.status ?? 200, headers });
};

export const redirectResponse = (
  location: string,
  o: { status: 302 | 303; cookies?: readonly string[] },
): Response => {
  const headers = new Headers({ ...baseHeaders, location });
  for (const cookie of o.cookies ?? []) headers.append("set-cookie", cookie);
  return new Response(null, { status: o.status, headers });
};

export const styleResponse = (): Response =>
  new Response(styleSheet, {
    headers: {
      "content-type": "text/css; charset=utf-8",
      "cache-control": "public, max-age=3600",
      "x-content-type-options": "nosniff",
    },
  });

/** The value of a request cookie; undefined when it is missing or does not match `pattern`. */
export const readCookie = (request: Request, name: string, pattern: RegExp): string | undefined => {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [key = "", ...value] = part.split("=");
    const text = value.join("=").trim();
    if (key.trim() === name && pattern.test(text)) return text;
  }
  return undefined;
};

/**
 * A `Set-Cookie` value for a cookie only the sign-in pages see.
 * @param o.maxAgeSeconds 0 removes the cookie
 * @param secure whether users reach the server by https
 */
export const cookieHeader = (
  name: string,
  value: string,
  o: { path: string; maxAgeSeconds: number; secure: boolean },
): string =>
  `${name}=${value}; Path=${o.path}; Max-Age=${o.maxAgeSeconds}; HttpOnly; SameSite=Lax${o.secure ? "; Secure" : ""}`;

/**
 * Reads a form body.
 * @param limit most bytes accepted
 * @returns undefined when it is no form or too large
 */
export const readForm = async (request: Request, limit: number): Promise<URLSearchParams | undefined> => {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded" || !request.body) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
};
