// Who links accounts here, for whom and for what: what the session says.
import type { Client } from '../../connect-adapter/src/client.js';
import { JobType, type Code } from '../../connect-adapter/src/codes.js';
import type { Account, AccountCreate } from '../../connect-adapter/src/types.js';

/** Something that the end user is asked to agree to. */
export interface Purpose {
  purpose: string;
  title: string;
  text: string;
  /** Without it there is nothing to do in this session; the others can be left out. */
  is_needed: boolean;
}

/** What `GET /session` answers. */
export interface Session {
  mode: 'aggregation' | 'verification';
  products: string[];
  user: { guid: string; email: string | null };
  client_name: string;
  return_url: string | null;
  origin: string | null;
  expires_at: string;
  language?: string;
  is_sandbox?: boolean;
  /** What is asked in this session. */
  consent: { text_version: string; purposes: Purpose[] };
  /** The currency of what is entered by hand, such as `USD`. */
  currency?: string;
  current_microdeposit_guid?: string | null;
  current_member_guid?: string | null;
  current_institution_code?: string | null;
  enable_manual_accounts?: boolean;
  enable_microdeposits?: boolean;
}

/** What the end user agreed to, once. */
export interface Consent {
  guid: string;
  purposes: string[];
  given_at: string;
  revoked_at: string | null;
  /** What taking it back would do now, or did. */
  revocation: Revocation | null;
}

/** What taking a consent back does. */
export interface Revocation {
  no_longer_allowed: string[];
  /** By another consent. */
  still_allowed: string[];
  /** So many links to banks are deleted. */
  links: number;
  /** Money can no longer move over so many accounts. */
  external_accounts: number;
}

/** An account that the end user keeps by hand, in the words in which it was entered. */
export interface ManualAccount extends Account {
  terms: Record<'user_name' | 'account_type' | 'balance' | 'currency_code' | 'interest_rate', string | number | null>;
}

/** An account, as the end user may see it. */
export interface SeenAccount {
  guid: string;
  name: string;
  /** Masked. */
  account_number: string | null;
}

/** What the page asks of the server beyond the adapter's callbacks. */
export interface OwnCalls {
  session(): Promise<Session>;
  accounts(memberGuid: string): Promise<SeenAccount[]>;
  consents(): Promise<Consent[]>;
  giveConsent(text_version: string, purposes: string[]): Promise<unknown>;
  revokeConsent(guid: string): Promise<Consent>;
  manualAccount(guid: string): Promise<ManualAccount>;
  updateManualAccount(guid: string, changes: Partial<AccountCreate>): Promise<ManualAccount>;
}

export function ownCalls(client: Client): OwnCalls {
  return {
    session: () => client.request<Session>('GET', '/session'),
    accounts: async (guid) =>
      (await client.request<{ accounts: SeenAccount[] }>('GET', `/members/${encodeURIComponent(guid)}/accounts`)).accounts,
    consents: async () => (await client.request<{ consents: Consent[] }>('GET', '/consents')).consents,
    giveConsent: (text_version, purposes) => client.request('POST', '/consents', { body: { text_version, purposes } }),
    revokeConsent: (guid) => client.request('DELETE', `/consents/${encodeURIComponent(guid)}`),
    manualAccount: (guid) => client.request('GET', `/accounts/${encodeURIComponent(guid)}`),
    updateManualAccount: (guid, body) => client.request('PUT', `/accounts/${encodeURIComponent(guid)}`, { body }),
  };
}

/** The jobs that fetch what the partner asked for, in their order. */
export function jobsOf({ mode, products }: Session): Code<typeof JobType>[] {
  if (mode === 'verification') {
    return products.includes('identity_verification') ? [JobType.VERIFICATION, JobType.IDENTIFICATION] : [JobType.VERIFICATION];
  }
  return products.some((product) => product !== 'transactions') ? [JobType.COMBINATION] : [JobType.AGGREGATION];
}

/** What institutions have to be able to do for this session. */
export function needs(session: Session): Record<string, boolean> {
  if (session.mode !== 'verification') return {};
  const identity = jobsOf(session).includes(JobType.IDENTIFICATION);
  return {
    account_verification_is_enabled: true,
    ...(identity && { account_identification_is_enabled: true }),
  };
}
