// Every way in which a bank cannot be linked, each with a way on.
import type { App, MakeScreen, Screen } from '../app.js';
import { actions, badge, button, h, outside, type Child } from '../dom.js';
import {
  ConnectionStatus as Status,
  MemberErrorCode as ErrorCode,
  codeName,
  type Code,
  type JobType,
} from '../../../connect-adapter/src/codes.js';
import type { Institution, Member } from '../../../connect-adapter/src/types.js';
import { challenge } from './challenge.js';
import { connecting } from './connecting.js';
import { depositAccount } from './deposit.js';
import { signInAgain } from './institution.js';
import { manual } from './manual.js';

/** What can be done about it. */
type Way = 'again' | 'sign-in' | 'bank' | 'unlock' | 'other' | 'deposits' | 'by-hand';

interface Case {
  title: string;
  text: string;
  ways: Way[];
  /** Nobody did anything wrong. */
  mild?: boolean;
}

const LATER = 'Nothing is wrong with your sign-in. Try again later, or choose another bank.';

/** By `error_code`, where the status leaves the reason open. */
const BY_CODE: Record<number, Case> = {
  [ErrorCode.NO_ELIGIBLE_ACCOUNTS]: {
    title: 'No account that can be used',
    text: 'We found no checking or savings account there that payments can be made with.',
    ways: ['other', 'deposits', 'sign-in'],
    mild: true,
  },
  [ErrorCode.NO_ACCOUNTS]: {
    title: 'No accounts found',
    text: '{bank} shows no accounts for this sign-in. Perhaps you have another one there.',
    ways: ['sign-in', 'other', 'by-hand'],
    mild: true,
  },
  [ErrorCode.ACCESS_DENIED]: {
    title: '{bank} shares too little',
    text: 'On your bank’s page, allow access to at least one account and to everything that is asked for.',
    ways: ['sign-in', 'other'],
  },
  [ErrorCode.REAUTHORIZATION_REQUIRED]: {
    title: '{bank} needs your permission again',
    text: 'The permission that you gave has run out or was taken back. Sign in again to renew it.',
    ways: ['sign-in', 'other'],
    mild: true,
  },
  [ErrorCode.MFA_TIMEOUT]: {
    title: 'That took too long',
    text: 'Your bank waited for an answer and gave up. Start again and have your code at hand.',
    ways: ['again', 'other'],
    mild: true,
  },
  [ErrorCode.INSTITUTION_DOWN]: { title: '{bank} is down', text: LATER, ways: ['again', 'other', 'deposits', 'by-hand'], mild: true },
  [ErrorCode.INSTITUTION_MAINTENANCE]: {
    title: '{bank} is being maintained',
    text: LATER,
    ways: ['again', 'other', 'deposits', 'by-hand'],
    mild: true,
  },
  [ErrorCode.INSTITUTION_UNAVAILABLE]: {
    title: '{bank} cannot be reached',
    text: LATER,
    ways: ['again', 'other', 'deposits', 'by-hand'],
    mild: true,
  },
};

const BY_STATUS: Record<number, Case> = {
  [Status.PREVENTED]: {
    title: 'Too many tries',
    text: 'To keep your account from being locked we stopped trying. Sign in with new details when you are sure of them.',
    ways: ['sign-in', 'bank', 'other'],
  },
  [Status.REJECTED]: {
    title: '{bank} did not take the answer',
    text: 'Start again; your bank asks anew.',
    ways: ['again', 'other'],
  },
  [Status.LOCKED]: {
    title: 'Your account is locked',
    text: '{bank} has locked your online access. Unlock it at your bank, then try again here.',
    ways: ['unlock', 'again', 'other'],
  },
  [Status.IMPEDED]: {
    title: '{bank} needs something from you',
    text: 'Sign in at your bank’s own site, do what it asks for, such as new terms, then try again here.',
    ways: ['bank', 'again', 'other'],
    mild: true,
  },
  [Status.DEGRADED]: { title: '{bank} does not answer properly', text: LATER, ways: ['again', 'other'], mild: true },
  [Status.DISCONNECTED]: {
    title: '{bank} is no longer linked',
    text: 'We have not been able to read it for a while. Sign in again to link it anew.',
    ways: ['sign-in', 'other'],
    mild: true,
  },
  [Status.DISCONTINUED]: {
    title: '{bank} cannot be linked any more',
    text: 'We no longer have a connection to it.',
    ways: ['other', 'deposits', 'by-hand'],
    mild: true,
  },
  [Status.CLOSED]: {
    title: 'These accounts are closed',
    text: '{bank} says that you are no longer its customer.',
    ways: ['other', 'sign-in'],
    mild: true,
  },
  [Status.DELAYED]: {
    title: '{bank} takes longer than usual',
    text: 'We keep trying. You can look again in a while.',
    ways: ['again', 'other'],
    mild: true,
  },
  [Status.DISABLED]: {
    title: '{bank} cannot be linked here',
    text: '{client} does not take accounts of this bank.',
    ways: ['other', 'deposits', 'by-hand'],
    mild: true,
  },
  [Status.EXPIRED]: {
    title: 'That took too long',
    text: 'Your bank waited for an answer and gave up. Start again and have your code at hand.',
    ways: ['again', 'other'],
    mild: true,
  },
};

const OTHERWISE: Case = {
  title: 'We could not link {bank}',
  text: 'Something failed between us and your bank; your sign-in is fine. Try again.',
  ways: ['again', 'other', 'deposits', 'by-hand'],
};

/** Where the form itself tells what was wrong. */
const FORM_AGAIN: Record<number, string> = {
  [Status.DENIED]: 'Your bank did not take these details. Check them and try again.',
  [Status.IMPORTED]: 'Sign in to finish linking this bank.',
  [Status.IMPAIRED]: 'Something is missing. Enter all of your details again.',
};

/** What became of a member that is not linked; `jobs` are left to run. */
export function trouble(member: Member, jobs: Code<typeof JobType>[] = []): MakeScreen {
  return async (app, signal) => {
    const { connection_status: status, error } = member;
    app.tell('memberError', {
      member_guid: member.guid,
      connection_status: status,
      connection_status_name: codeName(Status, status) ?? null,
      error_code: error?.error_code ?? null,
    });
    if (status === Status.REJECTED && member.mfa?.credentials?.length) return challenge(member, jobs)(app, signal);
    const known = BY_STATUS[status] ?? BY_CODE[error?.error_code ?? 0];
    const words = FORM_AGAIN[status];
    if (!known && words) return signInAgain(member, error?.user_message || words)(app, signal);
    const bank = await app.bank(member.institution_guid);
    return show(app, member, bank, known ?? OTHERWISE);
  };
}

/** A bank that does not tell what this session is for. */
export function unsuited(member: Member): MakeScreen {
  return async (app) => {
    const it: Case = {
      title: '{bank} cannot be used here',
      text: '{bank} does not tell us everything that {client} has to know. Choose another bank.',
      ways: ['other', 'deposits'],
      mild: true,
    };
    return show(app, member, await app.bank(member.institution_guid), it);
  };
}

function show(app: App, member: Member, bank: Institution, it: Case): Screen {
  const fill = (text: string): string => text.replaceAll('{bank}', bank.name).replaceAll('{client}', app.session.client_name);
  const ways = it.ways.map((way) => wayOn(app, member, bank, way)).filter(Boolean);
  return {
    step: 'trouble',
    title: fill(it.title),
    top: badge(it.mild ? 'clock' : 'alert', it.mild ? 'plain' : 'bad'),
    body: [
      h('p', { class: 'lead' }, (it === OTHERWISE && member.error?.user_message) || fill(it.text)),
      actions(
        ways.map((make, index) => make?.(index === 0 ? '' : 'second')),
      ),
    ],
  };
}

/** Makes the button for a way on, in the look that it is given; nothing where the way is not open. */
function wayOn(app: App, member: Member, bank: Institution, way: Way): ((look: string) => Child) | null {
  const { mode, enable_microdeposits, enable_manual_accounts } = app.session;
  const to = (text: string, go: () => unknown) => (look: string) => button(text, () => void go(), look);
  const site = (text: string, url: string | null) =>
    url ? (look: string) => outside(url, text, `button ${look}`.trim()) : null;
  switch (way) {
    case 'again':
      return to('Try again', () => app.swap(connecting(member)));
    case 'sign-in':
      return to('Sign in again', () => app.swap(signInAgain(member)));
    case 'bank':
      return site(`Go to ${bank.name}`, bank.login_url ?? bank.url);
    case 'unlock':
      return site(`Unlock at ${bank.name}`, bank.trouble_signing_credential_recovery_url ?? bank.login_url ?? bank.url);
    case 'other':
      return to('Choose another bank', () => app.start(app.home));
    case 'deposits':
      return mode === 'verification' && enable_microdeposits !== false
        ? to('Use account and routing number', () => app.go(depositAccount()))
        : null;
    case 'by-hand':
      return mode === 'aggregation' && enable_manual_accounts !== false
        ? to('Add an account by hand', () => app.go(manual))
        : null;
  }
}
