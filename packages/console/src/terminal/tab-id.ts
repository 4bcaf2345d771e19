/** One id per browser tab and workspace: a reload finds the same shell again. */
export const tabIdOf = (workspace: string): string => {
  const key = `k8shell-tab:${workspace}`;
  const known = sessionStorage.getItem(key);
  if (known) return known;
  const made = crypto.randomUUID();
  sessionStorage.setItem(key, made);
  return made;
};
