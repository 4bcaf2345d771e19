/**
 * Of what a form would save, that which is not so already. What nobody changed here stays as somebody else may have made
 * it meanwhile.
 *
 * @param wanted what the form says
 * @param known what the form was filled with
 */
export const changedFields = <T extends object>(
  wanted: T,
  known: { readonly [K in keyof T]?: T[K] | null | undefined },
): Partial<T> =>
  Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => value !== (known[key as keyof T] ?? "")),
  ) as Partial<T>;
