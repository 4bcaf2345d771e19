import { hash } from "node:crypto";

/** The weak entity tag of a JSON answer (RFC 9110 section 8.8.3): the same for the same text. */
export const entityTagOf = (text: string): string => `W/"${hash("sha1", text, "base64url")}"`;

/** Whether `If-None-Match` names this tag, by the weak comparison that it asks for (RFC 9110 section 13.1.2). */
export const isNamedIn = (header: string, tag: string): boolean => {
  const opaque = tag.replace(/^W\//, "");
  return header.split(",").some((item) => {
    const candidate = item.trim();
    return candidate === "*" || candidate.replace(/^W\//, "") === opaque;
  });
};
