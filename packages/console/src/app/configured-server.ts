/**
 * Where the API is, when the page says so: `<meta name="k8shell-server" content="https://…">`. No trailing slash.
 * @param base what a relative address is relative to
 */
export const configuredServer = (base: string | URL): string | undefined => {
  const text = document.querySelector<HTMLMetaElement>('meta[name="k8shell-server"]')?.content.trim();
  return text ? new URL(text, base).href.replace(/\/+$/, "") : undefined;
};
