// The hosted page: takes the session out of the address, asks the server what it is about, and shows the first screen.
import { createAdapter } from '../../connect-adapter/src/adapter.js';
import { createClient } from '../../connect-adapter/src/client.js';
import { ConnectError } from '../../connect-adapter/src/error.js';
import { App, type MakeScreen } from './app.js';
import { button, h, icon } from './dom.js';
import { ownCalls } from './session.js';
import { agreedTo, consent, leave, suffices } from './screens/consent.js';
import { depositAgain } from './screens/deposit.js';
import { expired, unknown } from './screens/ended.js';
import { institution, signInAgain } from './screens/institution.js';
import { manage } from './screens/manage.js';
import { search } from './screens/search.js';
import { support } from './screens/support.js';

/** From when on the end of the visit is announced, in milliseconds before it. */
const WARN_MS = 5 * 60_000;

/**
 * The session, out of the address bar before anything else happens; after a reload, out of this tab's history. What else
 * stands in the address stays: by `visit`, which is not a secret, the server knows who may show the page in a frame.
 */
function takeToken(): string {
  const url = new URL(location.href);
  const given = url.searchParams.get('session');
  const kept = (history.state as { session?: string } | null)?.session;
  const token = given ?? kept ?? '';
  url.searchParams.delete('session');
  history.replaceState({ session: token, depth: 0 }, '', url);
  return token;
}

/** Asks for what has to be agreed to first; then the search. */
const home: MakeScreen = async (app, signal) =>
  suffices(app.session, await agreedTo(app)) ? search(app, signal) : consent(app, signal);

/** Where the partner wants the visit to begin, once there is an agreement. */
const first: MakeScreen = async (app, signal) => {
  const { current_microdeposit_guid, current_member_guid, current_institution_code } = app.session;
  if (!suffices(app.session, await agreedTo(app))) return consent(app, signal);
  app.home = home;
  try {
    if (current_microdeposit_guid) return await depositAgain(current_microdeposit_guid)(app, signal);
    if (current_member_guid) return await signInAgain(await app.florin.loadMemberByGuid(current_member_guid))(app, signal);
    if (current_institution_code) {
      const bank = await app.florin.loadInstitutionByCode(current_institution_code);
      return await institution(bank.guid)(app, signal);
    }
  } catch (error) {
    // What is not there any more must not keep the end user from linking a bank.
    if (!(error instanceof ConnectError && error.response.status === 404)) throw error;
  }
  return search(app, signal);
};

function frame(app: App): void {
  const back = button([icon('back'), h('span', null, 'Back')], () => app.back(), 'back');
  const close = button(icon('close'), () => leave(app), 'close');
  const name = h('span', { class: 'client' });
  const sandbox = h('span', { class: 'chip', hidden: true }, 'Sandbox');
  const help = button('Get help', () => void app.go(support()), 'link');
  const top = h('header', { class: 'top' }, back, h('div', { class: 'whose' }, name, sandbox), close);
  const soon = h('p', { class: 'soon', role: 'status' });
  const foot = h('footer', { class: 'foot' }, h('span', null, icon('lock'), 'Secured by ', h('strong', null, 'Florin')), help);
  close.setAttribute('aria-label', 'Close');
  document.body.replaceChildren(h('div', { class: 'page' }, top, soon, app.main, foot), app.live);
  app.onScreen = (screen, canGoBack) => {
    const isOver = ['expired', 'unknown', 'closed'].includes(screen.step);
    back.hidden = !canGoBack || isOver;
    close.hidden = isOver || !app.session;
    help.hidden = isOver || !app.session || ['support', 'consent'].includes(screen.step);
    name.textContent = app.session?.client_name ?? '';
    sandbox.hidden = !app.session?.is_sandbox;
  };
  announceEnd(app, soon);
}

/** Says in time that the visit is about to end. */
function announceEnd(app: App, soon: HTMLElement): void {
  const look = setInterval(() => {
    if (!app.session) return;
    const left = Date.parse(app.session.expires_at) - Date.now();
    if (left > WARN_MS) return;
    clearInterval(look);
    const minutes = Math.max(1, Math.round(left / 60_000));
    soon.textContent = `This visit ends in ${minutes} minute${minutes === 1 ? '' : 's'}.`;
  }, 10_000);
}

async function run(): Promise<void> {
  const token = takeToken();
  const over = (): void => {
    app.tell('sessionExpired');
    void app.start(app.session ? expired : token ? expired : unknown);
  };
  const options = { baseUrl: '', session: token, onSessionExpired: over };
  const app = new App(token, createAdapter(options), ownCalls(createClient(options)));
  app.home = first;
  frame(app);
  if (!token) return app.start(unknown);
  await app.start(async (_, signal) => {
    app.session = await app.own.session();
    document.documentElement.lang = 'en';
    app.tell('loaded', { mode: app.session.mode });
    const linkedOnly = new URLSearchParams(location.hash.slice(1)).get('view') === 'manage';
    return linkedOnly ? manage(app, signal) : first(app, signal);
  });
}

void run();
