// Signing in on the bank's own pages, in a window of their own.
import type { App, MakeScreen } from '../app.js';
import { isOver, sentence } from '../app.js';
import { actions, badge, button, h, icon, logo, wait } from '../dom.js';
import { ConnectError } from '../../../connect-adapter/src/error.js';
import { ConnectionStatus as Status, OAuthError as Reason, OAuthStatus } from '../../../connect-adapter/src/codes.js';
import type { Institution, Member, OAuthState } from '../../../connect-adapter/src/types.js';
import { connecting } from './connecting.js';
import { existing } from './connected.js';
import { meeting } from './consent.js';
import { institution, signInAgain } from './institution.js';

/** Between two looks at whether the bank's page is done, in milliseconds. */
const LOOK_MS = 1000;
/** After which it is no longer looked, in milliseconds: the bank's page is over long before. */
const TOO_LONG_MS = 900_000;
const WINDOW = 'popup,width=520,height=760';

/** The button that opens the bank's page. */
export function oauthButton(app: App, bank: Institution, signal: AbortSignal, member?: Member): HTMLElement {
  const trouble = h('div', { class: 'errors', role: 'alert', hidden: true });
  let busy = false;
  const open = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    trouble.hidden = true;
    const popup = blank();
    try {
      await begin(app, bank, popup, member);
    } catch (error) {
      popup?.close();
      if (isOver(error, signal)) return;
      app.tell('oauthError', { institution_guid: bank.guid, member_guid: member?.guid ?? null });
      trouble.replaceChildren(icon('alert'), h('p', null, sentence(error)));
      trouble.hidden = false;
    } finally {
      busy = false;
    }
  };
  return h('div', null, trouble, actions(button([`Go to ${bank.name}`, icon('open')], () => void open())));
}

/** An empty window, opened while the click still counts; `null` where the browser does not let us. */
function blank(): Window | null {
  const popup = window.open('about:blank', '_blank', WINDOW);
  // The bank's page must not reach this one.
  if (popup) popup.opener = null;
  return popup;
}

async function begin(app: App, bank: Institution, popup: Window | null, known?: Member): Promise<void> {
  const member = known ?? (await newMember(app, bank));
  if (typeof member === 'string') {
    const before = await app.florin.loadMemberByGuid(member);
    if (before.connection_status === Status.CONNECTED) {
      popup?.close();
      return app.swap(existing(member, bank));
    }
    return lead(app, bank, popup, before, true);
  }
  return lead(app, bank, popup, member, known !== undefined);
}

/** The new member, or the guid of the one that is there already. */
async function newMember(app: App, bank: Institution): Promise<Member | string> {
  try {
    const { member } = await app.florin.addMember({ institution_guid: bank.guid, is_oauth: true });
    app.tell('memberCreated', { member_guid: member.guid });
    return member;
  } catch (error) {
    const { status, data } = error instanceof ConnectError ? error.response : { status: 0, data: {} as { guid?: string } };
    if (status === 409 && data.guid) return data.guid;
    throw error;
  }
}

async function lead(app: App, bank: Institution, popup: Window | null, member: Member, again: boolean): Promise<void> {
  const asked = again || !member.oauth_window_uri;
  const uri = asked ? (await app.florin.getOAuthWindowURI(member.guid)).oauth_window_uri : member.oauth_window_uri!;
  const url = new URL(uri, location.origin).href;
  if (!/^https?:/.test(url)) throw new Error('the bank has no web address');
  await app.florin.oAuthStart({ member });
  app.tell('oauthRequested', { institution_guid: bank.guid, member_guid: member.guid });
  popup?.location.replace(url);
  await app.swap(waiting(bank, member, url, popup));
}

/** While the end user is on the bank's pages. */
function waiting(bank: Institution, member: Member, url: string, popup: Window | null): MakeScreen {
  return (app, signal) => {
    const link = h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', class: popup ? 'button second' : 'button' });
    link.append(popup ? `Open ${bank.name} again` : `Open ${bank.name}`, icon('open'));
    const text = h('p', { class: 'lead' }, 'Sign in there and come back. This page goes on by itself.');
    const blocked = h('p', { class: 'lead' }, 'Your browser did not open the window. Open it here; this page goes on by itself when you are done there.');
    const shown = async (): Promise<void> => {
      try {
        const state = await watch(app, signal, member, popup, () => tellClosed(app, text));
        if (signal.aborted) return;
        popup?.close();
        if (state?.auth_status === OAuthStatus.SUCCESS) {
          const linked = await app.florin.loadMemberByGuid(state.inbound_member_guid ?? member.guid);
          return await app.settle(connecting(linked));
        }
        app.tell('oauthError', { institution_guid: bank.guid, member_guid: member.guid, error_reason: state?.error_reason ?? null });
        await app.settle(refused(bank, member, state?.error_reason ?? Reason.SESSION));
      } catch (error) {
        if (!isOver(error, signal)) await app.settle(refused(bank, member, Reason.SERVER));
      }
    };
    return {
      step: 'oauth-waiting',
      title: `Finish at ${bank.name}`,
      top: meeting(app.session.client_name, logo(bank.logo_url)),
      body: [popup ? text : blocked, actions(link, button('Cancel', () => (popup?.close(), app.back()), 'quiet'))],
      shown: () => void shown(),
    };
  };
}

function tellClosed(app: App, text: HTMLElement): void {
  const told = 'The window is closed, but your bank has not told us that you are done. Open it again, or cancel.';
  text.textContent = told;
  app.say(told);
}

/** The state once the bank's page is done; nothing when it takes too long. */
async function watch(
  app: App,
  signal: AbortSignal,
  member: Member,
  popup: Window | null,
  closed: () => void,
): Promise<OAuthState | undefined> {
  const begun = performance.now();
  const [newest] = await app.florin.loadOAuthStates({ outbound_member_guid: member.guid, auth_status: OAuthStatus.PENDING });
  const [any] = newest ? [newest] : await app.florin.loadOAuthStates({ outbound_member_guid: member.guid });
  let closedFor = 0;
  let failures = 0;
  while (any && !signal.aborted && performance.now() - begun < TOO_LONG_MS) {
    await wait(LOOK_MS, signal);
    if (signal.aborted) return undefined;
    try {
      const state = await app.florin.loadOAuthState(any.guid);
      if (state.auth_status === OAuthStatus.SUCCESS || state.auth_status === OAuthStatus.ERRORED) return state;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (isOver(error, signal) || failures > 5) throw error;
    }
    closedFor = popup?.closed ? closedFor + 1 : 0;
    if (closedFor === 2) closed();
  }
  return undefined;
}

const WHY: Record<number, (bank: string) => [string, string]> = {
  [Reason.CANCELLED]: (bank) => ['You came back without finishing', `Nothing was shared by ${bank}. You can try again or choose another bank.`],
  [Reason.DENIED]: (bank) => [`${bank} did not agree`, 'Access was refused on your bank’s page. To link it, sign in again and allow access.'],
  [Reason.IMPEDED]: (bank) => [`${bank} needs something from you first`, 'Sign in at your bank’s own site, do what it asks for, then try again here.'],
  [Reason.PROVIDER]: (bank) => [`${bank} had a problem`, 'This is on your bank’s side. Try again in a few minutes.'],
  [Reason.SERVER]: () => ['Something went wrong on our side', 'Nothing was shared. Try again in a moment.'],
  [Reason.SESSION]: (bank) => ['That took too long', `For your safety ${bank} ended the visit. Try again.`],
};

/** The bank's page came to nothing. */
function refused(bank: Institution, member: Member, reason: number): MakeScreen {
  return (app) => {
    const [title, text] = (WHY[reason] ?? (() => ['That did not work', 'Nothing was shared. Try again, or choose another bank.']))(bank.name);
    return {
      step: 'oauth-refused',
      title,
      top: badge(reason === Reason.CANCELLED ? 'undo' : 'alert', reason === Reason.CANCELLED ? 'plain' : 'bad'),
      body: [
        h('p', { class: 'lead' }, text),
        actions(
          button('Try again', () => void app.swap(member.is_oauth ? again(bank, member) : institution(bank.guid))),
          button('Choose another bank', () => void app.start(app.home), 'second'),
        ),
      ],
    };
  };
}

function again(bank: Institution, member: Member): MakeScreen {
  return async (app, signal) => {
    try {
      return await signInAgain(member)(app, signal);
    } catch (error) {
      // A member that was never linked may be gone by now.
      if (error instanceof ConnectError && error.response.status === 404) return institution(bank.guid)(app, signal);
      throw error;
    }
  };
}
