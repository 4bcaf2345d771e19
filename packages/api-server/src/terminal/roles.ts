/**
 * What a viewer of a terminal may do. `owner`: whoever opened the terminal; `writer`: somebody else who types and
 * resizes as well; `observer`: looks on.
 */
export type Role = "owner" | "writer" | "observer";

export const mayWrite = (role: Role): boolean => role !== "observer";

/**
 * The role of a caller, who is allowed to connect to the workspace at all.
 * @param wanted undefined: what fits; others than the owner look on unless they ask for more
 */
export const chooseRole = (isOwner: boolean, wanted: Role | undefined): Role => {
  if (wanted === "observer") return "observer";
  if (isOwner) return "owner";
  return wanted === undefined ? "observer" : "writer";
};
