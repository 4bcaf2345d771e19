export { canonicalForm, canonicalId, canonicalKey, workspaceName } from "./canonical.ts";
export { type UserStringFields, userStringFromFields } from "./fields.ts";
export {
  maxUserStringLength,
  parseUserString,
  type UserString,
  UserStringError,
  type UserStringProblem,
  type WorkloadRef,
} from "./userstring.ts";
