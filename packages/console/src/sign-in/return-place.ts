const key = "k8shell-return";

/** Keeps the place within the page to come back to after signing in. */
export const rememberPlace = (href: string): void => {
  if (!href.startsWith("/sign-in")) sessionStorage.setItem(key, href);
};

/** The place to come back to, once. */
export const takePlace = (): string | undefined => {
  const href = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  // A place within this page, never another site.
  return href?.startsWith("/") && !href.startsWith("//") ? href : undefined;
};
