// Every callback: what it asks of the server, and what the widget gets of the server's answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectError, createAdapter } from '../dist/index.js';

const MEMBER = { guid: 'MBR-1', connection_status: 6, institution_guid: 'INS-1', is_being_aggregated: false };
const INSTITUTION = {
  guid: 'INS-1',
  code: 'gringotts',
  name: 'Gringotts',
  instructional_data: { title: null, description: null, steps: [] },
};
const CREDENTIAL = { guid: 'CRD-1', field_name: 'LOGIN', field_type: 3, label: 'Username' };
const STATE = { guid: 'OAS-1', auth_status: 1, outbound_member_guid: 'MBR-1' };
const DEPOSIT = { guid: 'MIC-1', status: 0, status_name: 'INITIATED' };
const JOB = { guid: 'JOB-1', job_type: 0, status: 6 };
const ENTERED = [{ guid: 'CRD-1', value: 'demo' }];
const BLOCKED = { blocked_routing_number: { guid: null, reason: 3, reason_name: 'IAV_PREFERRED' } };
const ACCOUNT = { guid: 'ACC-1', account_type: 1, member_guid: 'MBR-2', institution_guid: 'INS-0' };
const TICKET = { email: 'ada@example.com', title: 'Help', message: 'It does not work' };
const AMOUNTS = { deposit_amount_1: '05', deposit_amount_2: '07' };
const WINDOW = { guid: 'MBR-1', oauth_window_uri: 'https://bank.example.com/?state=1' };
const PROFILE = { guid: 'UPR-1', user_guid: 'USR-1', too_small_modal_dismissed_at: '2026-04-13T09:00:00+00:00' };
const NEW_DEPOSIT = { account_name: 'Test', account_number: '123456789', account_type: 1, routing_number: '021000021' };

/** callback, its arguments, the request it makes, the wire's answer, what it resolves to (the answer itself if absent) */
const CALLBACKS = [
  ['addMember', [{ institution_guid: 'INS-1', credentials: ENTERED }, { mode: 'aggregation' }, true],
    'POST /members', { institution_guid: 'INS-1', credentials: ENTERED }, { member: MEMBER }],
  ['updateMember', [{ ...MEMBER, credentials: ENTERED }, {}, true],
    'PUT /members/MBR-1', { credentials: ENTERED }, { member: MEMBER }, MEMBER],
  ['updateMFA', [{ ...MEMBER, credentials: ENTERED }, {}, true],
    'PUT /members/MBR-1/mfa', { credentials: ENTERED }, { member: MEMBER }, MEMBER],
  ['deleteMember', [MEMBER], 'DELETE /members/MBR-1', undefined, { guid: 'MBR-1' }],
  ['loadMembers', ['en'], 'GET /members', undefined, { members: [MEMBER] }, [MEMBER]],
  ['loadMemberByGuid', ['MBR-1', 'en'], 'GET /members/MBR-1', undefined, { member: MEMBER }, MEMBER],
  ['loadOAuthStates', [{ outbound_member_guid: 'MBR-1', auth_status: 1 }],
    'GET /oauth_states?outbound_member_guid=MBR-1&auth_status=1', undefined, [STATE]],
  ['loadOAuthState', ['OAS-1'], 'GET /oauth_states/OAS-1', undefined, { oauth_state: STATE }, STATE],
  ['oAuthStart', [{ member: MEMBER }], 'POST /members/MBR-1/oauth_start', {}, {}],
  ['getOAuthWindowURI', ['MBR-1', {}], 'GET /members/MBR-1/oauth_window_uri', undefined, WINDOW],
  ['createSupportTicket', [TICKET], 'POST /support_tickets', TICKET, {}],
  ['loadInstitutions', [{ search_name: 'grin & co', page: 1, per_page: 25, account_verification_is_enabled: true }],
    'GET /institutions?search_name=grin+%26+co&page=1&per_page=25&account_verification_is_enabled=true',
    undefined, [INSTITUTION]],
  ['loadInstitutionByGuid', ['INS-1'], 'GET /institutions/INS-1', undefined, INSTITUTION],
  ['loadInstitutionByCode', ['a/b'], 'GET /institutions/code/a%2Fb', undefined, INSTITUTION],
  ['loadPopularInstitutions', [{ per_page: 25 }], 'GET /institutions/popular?per_page=25', undefined, [INSTITUTION]],
  ['loadDiscoveredInstitutions', [{ iso_country_code: 'GB' }],
    'GET /institutions/discovered?iso_country_code=GB', undefined, [INSTITUTION]],
  ['getInstitutionCredentials', ['INS-1'],
    'GET /institutions/INS-1/credentials', undefined, { credentials: [CREDENTIAL] }, [CREDENTIAL]],
  ['getMemberCredentials', ['MBR-1'],
    'GET /members/MBR-1/credentials', undefined, { credentials: [CREDENTIAL] }, [CREDENTIAL]],
  ['createAccount', [{ account_type: 1, balance: '10.00' }], 'POST /accounts', { account_type: 1, balance: '10.00' }, ACCOUNT],
  ['createMicrodeposit', [NEW_DEPOSIT], 'POST /micro_deposits', NEW_DEPOSIT, DEPOSIT, { micro_deposit: DEPOSIT }],
  ['loadMicrodepositByGuid', ['MIC-1'], 'GET /micro_deposits/MIC-1', undefined, DEPOSIT],
  ['updateMicrodeposit', ['MIC-1', { email: 'a@b.c' }],
    'PUT /micro_deposits/MIC-1', { email: 'a@b.c' }, DEPOSIT, { micro_deposit: DEPOSIT }],
  ['refreshMicrodepositStatus', ['MIC-1'], 'POST /micro_deposits/MIC-1/refresh', {}, DEPOSIT],
  ['verifyMicrodeposit', ['MIC-1', AMOUNTS], 'PUT /micro_deposits/MIC-1/verify', AMOUNTS, DEPOSIT],
  ['verifyRoutingNumber', ['021000021', true],
    'GET /blocked_routing_numbers/021000021?include_identity=true', undefined, BLOCKED],
  ['loadJob', ['JOB-1'], 'GET /jobs/JOB-1', undefined, JOB],
  ['runJob', [1, 'MBR-1', {}, true], 'POST /members/MBR-1/jobs', { job_type: 1 }, { job_guid: 'JOB-1', status: 1 }],
  ['updateUserProfile', [PROFILE], 'PUT /user_profiles/UPR-1', PROFILE, { user_profile: PROFILE }],
];

/** A server that gives the answers in turn (the last one for ever) and notes what it was asked. */
function server(...answers) {
  const asked = [];
  const fetch = async (url, init) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ url, ...init, body: init.body && JSON.parse(init.body) });
    if (answer instanceof Error) throw answer;
    const { status = 200, body = {} } = answer;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  const adapter = (more) => createAdapter({ baseUrl: 'https://florin.test/', session: 'SECRET', fetch, ...more });
  return { asked, fetch, adapter };
}

/** The error with which a promise is rejected. */
async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it was not rejected');
}

for (const [name, args, request, body, wire, result = wire] of CALLBACKS) {
  test(`${name}: ${request}`, async () => {
    const florin = server({ body: wire });
    assert.deepEqual(await florin.adapter()[name](...args), result);
    const [asked] = florin.asked;
    assert.equal(`${asked.method} ${asked.url}`, request.replace(' ', ' https://florin.test/connect/v1'));
    assert.deepEqual(asked.body, body);
    assert.equal(asked.headers.authorization, 'Bearer SECRET');
    assert.equal(asked.headers['content-type'], body && 'application/json');
    assert.equal(asked.credentials, 'omit');
  });
  test(`${name} is refused`, async () => {
    const florin = server({ status: 400, body: { message: 'No.', guid: 'MBR-9', micro_deposit: DEPOSIT } });
    const error = await failure(florin.adapter()[name](...args));
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'No.');
    assert.deepEqual(error.response, { status: 400, data: { message: 'No.', guid: 'MBR-9', micro_deposit: DEPOSIT } });
    assert.deepEqual(error.config, { url: florin.asked[0].url });
  });
}

test('there are 28 callbacks, and each has its row', () => {
  const names = Object.keys(server({}).adapter()).sort();
  assert.equal(names.length, 28);
  assert.deepEqual(names, CALLBACKS.map(([name]) => name).sort());
});

test('the forms of arguments that the document has', async () => {
  const florin = server({ body: {} });
  const adapter = florin.adapter();
  await adapter.deleteMember('MBR-1');
  await adapter.loadOAuthStates({ outbound_member_guid: 'MBR-1', oauth_status: 1 });
  await adapter.updateUserProfile({ userProfile: { guid: 'UPR-1' }, too_small_modal_dismissed_at: 'now' });
  await adapter.addMember({ institution_guid: 'INS-1', rawInstitutionData: INSTITUTION }, { use_cases: ['PFM'], oauth_referral_source: 'BROWSER' });
  const asked = florin.asked.map(({ method, url, body }) => [`${method} ${url.split('/v1')[1]}`, body]);
  assert.deepEqual(asked, [
    ['DELETE /members/MBR-1', undefined],
    ['GET /oauth_states?outbound_member_guid=MBR-1&auth_status=1', undefined],
    ['PUT /user_profiles/UPR-1', { guid: 'UPR-1', too_small_modal_dismissed_at: 'now' }],
    ['POST /members', { use_cases: ['PFM'], referral_source: 'BROWSER', institution_guid: 'INS-1' }],
  ]);
});

test('an institution without instructions has an empty form of them', async () => {
  const bare = { guid: 'INS-1', code: 'gringotts', name: 'Gringotts', instructional_data: null };
  assert.deepEqual(await server({ body: bare }).adapter().loadInstitutionByGuid('INS-1'), INSTITUTION);
  assert.deepEqual(await server({ body: [bare] }).adapter().loadPopularInstitutions(), [INSTITUTION]);
});

test('the locale travels as a header', async () => {
  const florin = server({ body: { members: [] } });
  await florin.adapter().loadMembers('fr-ca');
  assert.equal(florin.asked[0].headers['accept-language'], 'fr-ca');
});

test('a member that exists is named', async () => {
  const florin = server({ status: 409, body: { message: 'There is one.', guid: 'MBR-1' } });
  const { response } = await failure(florin.adapter().addMember({ institution_guid: 'INS-1' }));
  assert.deepEqual([response.status, response.data.guid], [409, 'MBR-1']);
});

test('an institution that cannot verify has an error of its own', async () => {
  const florin = server({ status: 400, body: { name: 'VerifyNotEnabled', entity_type: 'member' } });
  const error = await failure(florin.adapter().runJob(1, 'MBR-1'));
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'VerifyNotEnabled');
  assert.equal(error.entity_type, 'member');
  assert.equal(error.message, "This connection doesn't support verification.");
  assert.equal(error.response.status, 400);
});

test('a server that is not there', async () => {
  const cause = new TypeError('fetch failed');
  const error = await failure(server(cause).adapter().loadMembers());
  assert.equal(error.response.status, 0);
  assert.equal(error.config.url, 'https://florin.test/connect/v1/members');
  assert.equal(error.cause, cause);
});

for (const [status, body, told] of [
  [502, '<html>Bad gateway</html>', 'Request failed with status code 502'],
  [200, '<html>A sign-in page of a proxy</html>', 'The answer is not JSON.'],
]) {
  test(`an answer that is not JSON: ${status}`, async () => {
    const error = await failure(server({ status, body }).adapter().loadMembers());
    assert.equal(error.message, told);
    assert.equal(error.response.status, status);
  });
}

test('what is given up is not waited for', async () => {
  const stop = new AbortController();
  const fetch = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const adapter = createAdapter({ baseUrl: '', session: 'S', fetch, signal: stop.signal });
  const pending = adapter.loadMembers();
  await Promise.resolve();
  stop.abort();
  const error = await failure(pending);
  assert.deepEqual([error.name, error.response.status], ['AbortError', 0]);
});

test('nothing is asked after that', async () => {
  const fetch = async (_, { signal }) => signal.throwIfAborted();
  const error = await failure(createAdapter({ baseUrl: '', session: 'S', fetch, signal: AbortSignal.abort() }).loadMembers());
  assert.equal(error.name, 'AbortError');
});

test('a server that does not answer in time', async () => {
  const fetch = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const error = await failure(createAdapter({ baseUrl: '', session: 'S', fetch, timeout_ms: 1 }).loadMembers());
  assert.deepEqual([error.name, error.message], ['ConnectError', 'The server could not be reached.']);
});

test('a session that is over', async () => {
  const florin = server({ status: 401, body: { message: 'The session is over.' } });
  let told = 0;
  const error = await failure(florin.adapter({ onSessionExpired: () => (told += 1) }).loadMembers());
  assert.equal(error.response.status, 401);
  assert.deepEqual([told, florin.asked.length], [1, 1]);
});

test('a session that is renewed', async () => {
  const florin = server({ status: 401 }, { body: { members: [] } });
  const asks = [];
  const session = async (ask) => {
    asks.push(ask);
    return ask.expired ? 'NEW' : 'OLD';
  };
  assert.deepEqual(await florin.adapter({ session }).loadMembers(), []);
  assert.deepEqual(asks, [{ expired: false }, { expired: true }]);
  assert.deepEqual(florin.asked.map((it) => it.headers.authorization), ['Bearer OLD', 'Bearer NEW']);
});

test('a session that is not to be had', async () => {
  const cause = new Error('the back end is down');
  const florin = server({ body: { members: [] } });
  const error = await failure(florin.adapter({ session: () => Promise.reject(cause) }).loadMembers());
  assert.ok(error instanceof ConnectError);
  assert.deepEqual(error.response, { status: 0, data: { message: 'There is no session.' } });
  assert.deepEqual(error.config, { url: 'https://florin.test/connect/v1/members' });
  assert.equal(error.cause, cause);
  assert.equal(florin.asked.length, 0);
});

test('a session that is not renewed', async () => {
  const florin = server({ status: 401 });
  let told = 0;
  const session = ({ expired }) => {
    if (expired) throw new Error('signed out');
    return 'OLD';
  };
  const error = await failure(florin.adapter({ session, onSessionExpired: () => (told += 1) }).loadMembers());
  assert.deepEqual([error.response.status, error.cause.message, told], [401, 'signed out', 1]);
});
