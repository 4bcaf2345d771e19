/** Page sizes of every identity list (grpc-behaviour section 6 "Lists and queries"). */
export const identityPage = { defaultLimit: 50, maxLimit: 100 };
