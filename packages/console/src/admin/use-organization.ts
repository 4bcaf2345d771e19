import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { profileQuery } from "../app/queries.ts";
import { organizationsQuery } from "./queries.ts";

/** The organization that a page is about: the caller's own until another one is chosen. */
export const useOrganization = () => {
  const { data: profile } = useQuery(profileQuery);
  const { data: organizations } = useQuery(organizationsQuery);
  const [chosen, setChosen] = useState<string>();
  return {
    organization: chosen ?? profile?.organization ?? "",
    organizations: organizations?.map(({ name }) => name) ?? (profile ? [profile.organization] : []),
    choose: setChosen,
  };
};
