// The 28 callbacks that MX's Connect Widget asks of its host, over Florin's REST wire. The wire keeps the envelopes of
// the published document; the widget wants most answers without them, which is what `unwrap` is for.
import { createClient, type ClientOptions } from './client.js';
import type * as Wire from './types.js';

/** The callbacks, as the widget's `ApiProvider` takes them. */
export interface ConnectAdapter {
  addMember(data: Wire.MemberCreate, config?: Wire.ClientConfig, isHuman?: boolean): Promise<{ member: Wire.Member }>;
  updateMember(data: Wire.MemberUpdate, config?: Wire.ClientConfig, isHuman?: boolean): Promise<Wire.Member>;
  updateMFA(data: Wire.MemberUpdate, config?: Wire.ClientConfig, isHuman?: boolean): Promise<Wire.Member>;
  deleteMember(member: { guid: string } | string): Promise<{ guid: string }>;
  loadMembers(locale?: string): Promise<Wire.Member[]>;
  loadMemberByGuid(guid: string, locale?: string): Promise<Wire.Member>;
  loadOAuthStates(query: Wire.OAuthStateQuery): Promise<Wire.OAuthState[]>;
  loadOAuthState(guid: string): Promise<Wire.OAuthState>;
  oAuthStart(ask: { member: { guid: string } }): Promise<unknown>;
  getOAuthWindowURI(
    memberGuid: string,
    config?: Wire.ClientConfig,
  ): Promise<{ guid: string; oauth_window_uri: string }>;
  createSupportTicket(ticket: Wire.SupportTicket): Promise<unknown>;
  loadInstitutions(query: Wire.InstitutionQuery): Promise<Wire.Institution[]>;
  loadInstitutionByGuid(guid: string): Promise<Wire.Institution>;
  loadInstitutionByCode(code: string): Promise<Wire.Institution>;
  loadPopularInstitutions(query?: Wire.InstitutionQuery): Promise<Wire.Institution[]>;
  loadDiscoveredInstitutions(query?: Wire.InstitutionQuery): Promise<Wire.Institution[]>;
  getInstitutionCredentials(institutionGuid: string): Promise<Wire.Credential[]>;
  getMemberCredentials(memberGuid: string): Promise<Wire.Credential[]>;
  createAccount(account: Wire.AccountCreate): Promise<Wire.Account>;
  createMicrodeposit(deposit: Wire.MicrodepositCreate): Promise<{ micro_deposit: Wire.Microdeposit }>;
  loadMicrodepositByGuid(guid: string): Promise<Wire.Microdeposit>;
  updateMicrodeposit(
    guid: string,
    deposit: Partial<Wire.MicrodepositCreate>,
  ): Promise<{ micro_deposit: Wire.Microdeposit }>;
  refreshMicrodepositStatus(guid: string): Promise<Wire.Microdeposit>;
  verifyMicrodeposit(guid: string, amounts: Wire.MicrodepositAmounts): Promise<Wire.Microdeposit>;
  verifyRoutingNumber(
    routingNumber: string,
    includeIdentity?: boolean,
  ): Promise<{ blocked_routing_number?: Wire.BlockedRoutingNumber }>;
  loadJob(guid: string): Promise<Wire.Job>;
  runJob(
    jobType: Wire.Job['job_type'],
    memberGuid: string,
    config?: Wire.ClientConfig,
    isHuman?: boolean,
  ): Promise<{ job_guid: string; status: number }>;
  updateUserProfile(profile: ProfileUpdate): Promise<{ user_profile: Wire.UserProfile }>;
}

/** A profile with its changes, or, as the document has it, the profile beside them. */
export type ProfileUpdate =
  | (Partial<Wire.UserProfile> & { guid: string })
  | { userProfile: Partial<Wire.UserProfile> & { guid: string }; too_small_modal_dismissed_at?: string | null };

/** The callbacks for one session. */
export function createAdapter(options: ClientOptions): ConnectAdapter {
  const { request } = createClient(options);
  return {
    ...members(request),
    ...oauth(request),
    ...institutions(request),
    ...deposits(request),
    createAccount: (account) => request('POST', '/accounts', { body: account }),
    createSupportTicket: ({ email, title, message }) =>
      request('POST', '/support_tickets', { body: { email, title, message } }),
    updateUserProfile(given) {
      const { userProfile, ...rest } = given as { userProfile?: object } & Record<string, unknown>;
      const profile = { ...userProfile, ...rest } as { guid: string };
      return request('PUT', `/user_profiles/${part(profile.guid)}`, { body: profile });
    },
  };
}

type Request = ReturnType<typeof createClient>['request'];
type Some<Name extends keyof ConnectAdapter> = Pick<ConnectAdapter, Name>;

function members(
  request: Request,
): Some<
  | 'addMember'
  | 'updateMember'
  | 'updateMFA'
  | 'deleteMember'
  | 'loadMembers'
  | 'loadMemberByGuid'
  | 'getMemberCredentials'
  | 'loadJob'
  | 'runJob'
> {
  return {
    // The widget sends the whole institution along, which nobody needs.
    addMember: ({ rawInstitutionData: _, ...data }, config) =>
      request('POST', '/members', { body: { ...fromConfig(config), ...data } }),
    updateMember: ({ guid, credentials, use_cases }) =>
      unwrap('member', request('PUT', `/members/${part(guid)}`, { body: { credentials: credentials ?? [], use_cases } })),
    updateMFA: ({ guid, credentials }) =>
      unwrap('member', request('PUT', `/members/${part(guid)}/mfa`, { body: { credentials: credentials ?? [] } })),
    deleteMember(member) {
      const guid = typeof member === 'string' ? member : member.guid;
      return request('DELETE', `/members/${part(guid)}`);
    },
    loadMembers: (locale) => unwrap('members', request('GET', '/members', { locale })),
    loadMemberByGuid: (guid, locale) => unwrap('member', request('GET', `/members/${part(guid)}`, { locale })),
    getMemberCredentials: (guid) => unwrap('credentials', request('GET', `/members/${part(guid)}/credentials`)),
    loadJob: (guid) => request('GET', `/jobs/${part(guid)}`),
    runJob: (jobType, guid) => request('POST', `/members/${part(guid)}/jobs`, { body: { job_type: jobType } }),
  };
}

function oauth(request: Request): Some<'loadOAuthStates' | 'loadOAuthState' | 'oAuthStart' | 'getOAuthWindowURI'> {
  return {
    loadOAuthStates: ({ outbound_member_guid, auth_status, oauth_status }) =>
      request('GET', '/oauth_states', { query: { outbound_member_guid, auth_status: auth_status ?? oauth_status } }),
    loadOAuthState: (guid) => unwrap('oauth_state', request('GET', `/oauth_states/${part(guid)}`)),
    oAuthStart: ({ member }) => request('POST', `/members/${part(member.guid)}/oauth_start`, { body: {} }),
    getOAuthWindowURI: (guid) => request('GET', `/members/${part(guid)}/oauth_window_uri`),
  };
}

function institutions(
  request: Request,
): Some<
  | 'loadInstitutions'
  | 'loadInstitutionByGuid'
  | 'loadInstitutionByCode'
  | 'loadPopularInstitutions'
  | 'loadDiscoveredInstitutions'
  | 'getInstitutionCredentials'
> {
  return {
    loadInstitutions: (query) => all(request('GET', '/institutions', { query: lookedFor(query) })),
    loadInstitutionByGuid: async (guid) => whole(await request('GET', `/institutions/${part(guid)}`)),
    loadInstitutionByCode: async (code) => whole(await request('GET', `/institutions/code/${part(code)}`)),
    loadPopularInstitutions: (query = {}) => all(request('GET', '/institutions/popular', { query: lookedFor(query) })),
    loadDiscoveredInstitutions: (query = {}) =>
      all(request('GET', '/institutions/discovered', { query: lookedFor(query) })),
    getInstitutionCredentials: (guid) =>
      unwrap('credentials', request('GET', `/institutions/${part(guid)}/credentials`)),
  };
}

function deposits(
  request: Request,
): Some<
  | 'createMicrodeposit'
  | 'loadMicrodepositByGuid'
  | 'updateMicrodeposit'
  | 'refreshMicrodepositStatus'
  | 'verifyMicrodeposit'
  | 'verifyRoutingNumber'
> {
  const at = (guid: string): string => `/micro_deposits/${part(guid)}`;
  return {
    createMicrodeposit: (deposit) => wrap('micro_deposit', request('POST', '/micro_deposits', { body: deposit })),
    loadMicrodepositByGuid: (guid) => request('GET', at(guid)),
    updateMicrodeposit: (guid, deposit) => wrap('micro_deposit', request('PUT', at(guid), { body: deposit })),
    refreshMicrodepositStatus: (guid) => request('POST', `${at(guid)}/refresh`, { body: {} }),
    verifyMicrodeposit: (guid, amounts) => request('PUT', `${at(guid)}/verify`, { body: amounts }),
    verifyRoutingNumber: (routingNumber, includeIdentity = false) =>
      request('GET', `/blocked_routing_numbers/${part(routingNumber)}`, { query: { include_identity: includeIdentity } }),
  };
}

/** The widget breaks on an institution without instructions unless there is an empty form of them. */
function whole(institution: Wire.Institution): Wire.Institution {
  const nothing = { title: null, description: null, steps: [] };
  return { ...institution, instructional_data: institution.instructional_data ?? nothing };
}

async function all(institutions: Promise<Wire.Institution[]>): Promise<Wire.Institution[]> {
  return (await institutions).map(whole);
}

/** One segment of a path, whatever it holds. */
function part(text: string): string {
  return encodeURIComponent(text);
}

async function unwrap<Name extends string, T>(name: Name, answer: Promise<Record<Name, T>>): Promise<T> {
  return (await answer)[name];
}

async function wrap<Name extends string, T>(name: Name, answer: Promise<T>): Promise<Record<Name, T>> {
  return { [name]: await answer } as Record<Name, T>;
}

/** What a new member takes from the widget's settings. */
function fromConfig(config: Wire.ClientConfig = {}): Record<string, unknown> {
  const { use_cases, oauth_referral_source, disable_background_agg } = config;
  const wanted = { use_cases, referral_source: oauth_referral_source, background_aggregation_is_disabled: disable_background_agg };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null));
}

function lookedFor(query: Wire.InstitutionQuery): Record<string, string | number | boolean | undefined> {
  const { search_name, routing_number, iso_country_code, page, per_page } = query;
  const { account_verification_is_enabled, account_identification_is_enabled, tax_statement_is_enabled } = query;
  return {
    search_name,
    routing_number,
    iso_country_code,
    page,
    per_page,
    account_verification_is_enabled,
    account_identification_is_enabled,
    tax_statement_is_enabled,
  };
}
