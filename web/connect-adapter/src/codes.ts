// The integer codes of the wire. Each list is an object, so that a code reads as a name and can be looked up.

/** How a member's connection stands. */
export const ConnectionStatus = {
  CREATED: 0,
  PREVENTED: 1,
  DENIED: 2,
  CHALLENGED: 3,
  REJECTED: 4,
  LOCKED: 5,
  CONNECTED: 6,
  IMPEDED: 7,
  RECONNECTED: 8,
  DEGRADED: 9,
  DISCONNECTED: 10,
  DISCONTINUED: 11,
  CLOSED: 12,
  DELAYED: 13,
  FAILED: 14,
  UPDATED: 15,
  DISABLED: 16,
  IMPORTED: 17,
  RESUMED: 18,
  EXPIRED: 19,
  IMPAIRED: 20,
  PENDING: 21,
} as const;

/** What a job fetches. */
export const JobType = {
  AGGREGATION: 0,
  VERIFICATION: 1,
  IDENTIFICATION: 2,
  HISTORY: 3,
  STATEMENT: 4,
  ORDER: 5,
  REWARD: 6,
  BALANCE: 7,
  MICRO_DEPOSIT: 8,
  TAX: 9,
  CREDIT_REPORT: 10,
  COMBINATION: 11,
} as const;

/** Job status: done. */
export const JOB_DONE = 6;

/** How a visit to a bank's own sign-in page went. */
export const OAuthStatus = { UNKNOWN: 0, PENDING: 1, SUCCESS: 2, ERRORED: 3 } as const;

/** Why a visit to a bank's own sign-in page failed. */
export const OAuthError = {
  UNKNOWN: 0,
  CANCELLED: 1,
  DENIED: 2,
  IMPEDED: 3,
  PROVIDER: 4,
  SERVER: 5,
  SESSION: 6,
} as const;

/** How far a microdeposit is. */
export const MicrodepositStatus = {
  INITIATED: 0,
  REQUESTED: 1,
  DEPOSITED: 2,
  VERIFIED: 3,
  ERRORED: 4,
  DENIED: 5,
  PREVENTED: 6,
  CONFLICTED: 7,
  REJECTED: 8,
  PREINITIATED: 9,
} as const;

/** Why microdeposits cannot be sent to a routing number, or should not. */
export const BlockedReason = { INVALID: 0, BLOCKED: 1, CLIENT_BLOCKED: 2, IAV_PREFERRED: 3 } as const;

/** How a credential or an answer is entered. */
export const FieldType = {
  TEXT: 0,
  PASSWORD: 1,
  OPTIONS: 2,
  LOGIN: 3,
  CHECKBOX: 4,
  RADIO: 5,
  URL: 6,
  HIDDEN: 7,
  IMAGE_URL: 8,
  CONTENT_URL: 9,
  CUSTOM: 10,
  TOKEN: 12,
  IMAGE_DATA: 13,
  IMAGE_OPTIONS: 14,
  USERKEY: 15,
  OAUTH2_URL: 16,
} as const;

/** What kind of account it is. */
export const AccountType = {
  CHECKING: 1,
  SAVINGS: 2,
  LOAN: 3,
  CREDIT_CARD: 4,
  INVESTMENT: 5,
  LINE_OF_CREDIT: 6,
  MORTGAGE: 7,
  PROPERTY: 8,
  CASH: 9,
  INSURANCE: 10,
  PREPAID: 11,
  CHECKING_LINE_OF_CREDIT: 12,
} as const;

/** `member.error.error_code`. */
export const MemberErrorCode = {
  NO_ELIGIBLE_ACCOUNTS: 1000,
  NO_ACCOUNTS: 1001,
  ACCESS_DENIED: 1002,
  INCORRECT_OTP: 2001,
  INCORRECT_MFA: 2002,
  MFA_TIMEOUT: 2003,
  REAUTHORIZATION_REQUIRED: 2004,
  INVALID_CREDENTIALS: 2005,
  INSTITUTION_DOWN: 3000,
  INSTITUTION_MAINTENANCE: 3001,
  INSTITUTION_UNAVAILABLE: 3002,
} as const;

/** The codes of a list. */
export type Code<List extends Record<string, number>> = List[keyof List];

/** The name of a code, or `undefined` for a code that the list does not hold. */
export function codeName<List extends Record<string, number>>(list: List, code: number): keyof List | undefined {
  return Object.keys(list).find((name) => list[name] === code);
}
