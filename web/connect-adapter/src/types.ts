// What travels between the browser and Florin. Field names are the wire's.
import type {
  AccountType,
  BlockedReason,
  Code,
  ConnectionStatus,
  FieldType,
  JobType,
  MicrodepositStatus,
  OAuthError,
  OAuthStatus,
} from './codes.js';

/** What went wrong at the institution, for the end user and for the log. */
export interface MemberError {
  error_code: number;
  error_message: string;
  error_type: string;
  locale: string;
  /** A sentence for the end user. */
  user_message: string;
}

/** One answer that can be picked. */
export interface ChallengeOption {
  /** Sent as the answer's value. */
  guid: string;
  label: string;
  /** The challenge that the option belongs to. */
  credential_guid: string;
  /** The picture of an image option, as a `data:` URI. */
  data_uri?: string | null;
}

/** One question that the institution asks beyond user name and password. */
export interface Challenge {
  guid: string;
  label: string;
  field_type: Code<typeof FieldType>;
  /** `single_account_select` marks the picker of an account. */
  external_id?: string | null;
  /** The picture of an image question, as a `data:` URI. */
  meta_data?: string | null;
  options: ChallengeOption[];
}

/** An end user's connection to one institution. */
export interface Member {
  guid: string;
  id?: string | null;
  name: string;
  user_guid: string;
  user_id?: string | null;
  institution_guid: string;
  institution_code?: string;
  connection_status: Code<typeof ConnectionStatus>;
  connection_status_name?: keyof typeof ConnectionStatus;
  is_being_aggregated: boolean;
  is_managed_by_user: boolean;
  is_manual: boolean;
  is_oauth: boolean;
  background_aggregation_is_disabled?: boolean;
  aggregated_at?: string | null;
  successfully_aggregated_at?: string | null;
  most_recent_job_guid?: string | null;
  most_recent_job_detail_code?: number | null;
  most_recent_job_detail_text?: string | null;
  /** Present while `connection_status` is CHALLENGED. */
  mfa?: { credentials: Challenge[] } | null;
  error?: MemberError | null;
  oauth_window_uri?: string | null;
  verification_is_enabled?: boolean;
  tax_statement_is_enabled?: boolean;
  use_cases?: string[];
  metadata?: unknown;
}

/** A bank, credit union, card issuer... */
export interface Institution {
  guid: string;
  code: string;
  name: string;
  url: string | null;
  login_url: string | null;
  logo_url: string | null;
  popularity: number;
  supports_oauth: boolean;
  account_verification_is_enabled: boolean;
  account_identification_is_enabled: boolean;
  tax_statement_is_enabled: boolean;
  /** The partner does not want it to be linked. */
  is_disabled_by_client: boolean;
  instructional_data?: { title: string | null; description: string | null; steps: string[] | null } | null;
  forgot_password_credential_recovery_url: string | null;
  forgot_username_credential_recovery_url: string | null;
  trouble_signing_credential_recovery_url: string | null;
}

/** One thing that an institution asks for at sign-in. */
export interface Credential {
  guid: string;
  field_name: string;
  field_type: Code<typeof FieldType>;
  label: string;
  display_order: number;
  optional: boolean;
  options: { label: string; value?: string; guid?: string }[] | null;
  meta_data: unknown;
}

/** What the end user entered or picked for one credential or challenge. */
export interface CredentialValue {
  guid: string;
  value: string;
}

/** What `addMember` takes. */
export interface MemberCreate {
  institution_guid: string;
  credentials?: CredentialValue[];
  is_oauth?: boolean;
  use_cases?: string[];
  client_redirect_url?: string | null;
  [more: string]: unknown;
}

/** What `updateMember` and `updateMFA` take: a member, with what was entered. */
export interface MemberUpdate {
  guid: string;
  credentials?: CredentialValue[];
  [more: string]: unknown;
}

/** One run of a job on a member. */
export interface Job {
  guid: string;
  job_type: Code<typeof JobType>;
  /** 6 is done. */
  status: number;
  member_guid: string;
  user_guid: string;
  started_at: number | string | null;
  finished_at: number | string | null;
  async_account_data_ready?: boolean;
  /** 0 to 100. */
  progress?: number;
  stage?: string;
}

/** A visit to a bank's own sign-in page. */
export interface OAuthState {
  guid: string;
  auth_status: Code<typeof OAuthStatus>;
  error_reason: Code<typeof OAuthError> | null;
  inbound_member_guid: string | null;
  outbound_member_guid: string | null;
  user_guid: string;
  created_at?: string;
  updated_at?: string;
  first_retrieved_at?: string | null;
}

/** What `createMicrodeposit` takes. */
export interface MicrodepositCreate {
  account_name: string;
  account_number: string;
  account_type: Code<typeof AccountType>;
  routing_number: string;
  first_name: string;
  last_name: string;
  email: string;
  user_guid?: string;
}

/** Two small deposits whose amounts prove that the end user sees the account. */
export interface Microdeposit {
  guid: string;
  account_name: string;
  /** Masked. */
  account_number: string;
  account_type: Code<typeof AccountType>;
  routing_number: string;
  first_name: string;
  last_name: string;
  email: string;
  status: Code<typeof MicrodepositStatus>;
  status_name: string;
  can_auto_verify: boolean;
  deposit_expected_at: string | null;
  updated_at: string;
  user_guid: string;
}

/** The two amounts in cents as text: "05" is five cents. */
export interface MicrodepositAmounts {
  deposit_amount_1: string;
  deposit_amount_2: string;
}

/** A routing number that microdeposits are not sent to. */
export interface BlockedRoutingNumber {
  guid: string | null;
  reason: Code<typeof BlockedReason>;
  reason_name: string;
}

/** What `createAccount` takes: an account that the end user keeps by hand. */
export interface AccountCreate {
  account_type: Code<typeof AccountType>;
  user_name?: string;
  name?: string;
  /** A decimal number. */
  balance?: string | number;
  credit_limit?: string | number | null;
  day_payment_is_due?: string | number | null;
  interest_rate?: string | number | null;
  minimum_payment?: string | number | null;
  is_personal?: boolean;
  [more: string]: unknown;
}

/** An account. */
export interface Account {
  guid: string;
  account_type: Code<typeof AccountType> | string;
  member_guid: string;
  institution_guid: string;
  name?: string;
  user_name?: string;
  balance?: number | string | null;
  user_guid?: string;
  [more: string]: unknown;
}

/** What `createSupportTicket` takes. */
export interface SupportTicket {
  email: string;
  title: string;
  message: string;
}

/** What the page remembers about an end user. */
export interface UserProfile {
  guid: string;
  user_guid: string;
  too_small_modal_dismissed_at: string | null;
  [more: string]: unknown;
}

/** What institutions are looked for. */
export interface InstitutionQuery {
  search_name?: string;
  routing_number?: string;
  iso_country_code?: string;
  /** From 1. */
  page?: number;
  per_page?: number;
  account_verification_is_enabled?: boolean;
  account_identification_is_enabled?: boolean;
  tax_statement_is_enabled?: boolean;
}

/** Which visits to banks' sign-in pages are looked for. */
export interface OAuthStateQuery {
  outbound_member_guid?: string;
  auth_status?: Code<typeof OAuthStatus>;
  /** The document's name of `auth_status`. */
  oauth_status?: Code<typeof OAuthStatus>;
}

/** The widget's `clientConfig`; what the adapter reads of it. */
export interface ClientConfig {
  [setting: string]: unknown;
}
