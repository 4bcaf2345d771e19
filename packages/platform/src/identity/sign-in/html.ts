/** Text that is already HTML. */
export interface Html {
  readonly html: string;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeText = (value: string | Html): string =>
  typeof value === "string" ? value.replace(/[&<>"']/g, (char) => entities[char] ?? char) : value.html;

/** A template whose values are escaped, unless they are Html themselves. */
export const html = (strings: TemplateStringsArray, ...values: (string | Html)[]): Html => ({
  html: strings.reduce((text, part, i) => {
    const value = values[i - 1];
    return text + (value === undefined ? "" : escapeText(value)) + part;
  }),
});
