/** Every error code the API answers with, and its HTTP status. Clients may switch over the code; the list only grows. */
export const errorStatus = {
  bad_request: 400,
  invalid_body: 400,
  invalid_parameter: 400,
  invalid_path: 400,
  digest_mismatch: 400,
  invalid_user_string: 400,
  unauthenticated: 401,
  token_expired: 401,
  session_expired: 401,
  account_locked: 403,
  forbidden: 403,
  insufficient_scope: 403,
  origin_not_allowed: 403,
  source_not_allowed: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  already_exists: 409,
  workspace_not_running: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  misdirected_request: 421,
  unprocessable: 422,
  upgrade_required: 426,
  too_many_requests: 429,
  headers_too_large: 431,
  /** Status of the tus protocol's checksum extension. */
  checksum_mismatch: 460,
  client_closed_request: 499,
  internal: 500,
  not_implemented: 501,
  bad_gateway: 502,
  unavailable: 503,
  timeout: 504,
  insufficient_storage: 507,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** Body of every response with a status of 400 or more. `status` and `msg` are what the platform's clients read. */
export interface ErrorBody {
  status: number;
  msg: string;
  code: ErrorCode;
  requestId: string;
}
