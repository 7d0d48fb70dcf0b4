// What the end user is asked to agree to before anything else.
import type { App, MakeScreen, Screen } from '../app.js';
import { badge, button, h, icon, more, type Child } from '../dom.js';
import { form } from '../form.js';
import type { Session } from '../session.js';

/** The purposes that the end user's consents allow now. */
export async function agreedTo(app: App): Promise<Set<string>> {
  const holding = (await app.own.consents()).filter((it) => !it.revoked_at);
  return new Set(holding.flatMap((it) => it.purposes));
}

/** Whether what was agreed to suffices for this session. */
export function suffices(session: Session, agreed: Set<string>): boolean {
  return session.consent.purposes.filter((it) => it.is_needed).every((it) => agreed.has(it.purpose));
}

/** A purpose's own words, with the partner's name in them. */
export function words(session: Session, text: string): string {
  return text.replaceAll('{client}', session.client_name);
}

/** What a text says first, and what it goes on with. */
function parted(text: string): [string, string] {
  const end = text.indexOf('. ');
  return end < 0 ? [text, ''] : [text.slice(0, end + 1), text.slice(end + 2)];
}

const SIGNS: Record<string, Parameters<typeof icon>[0]> = {
  account_data: 'bank',
  credit_decision: 'check',
  payments: 'coins',
};

/** What is shared, with whom, why, and how to take it back. */
export const consent: MakeScreen = (app, signal): Screen => {
  const { session } = app;
  const needed = session.consent.purposes.filter((it) => it.is_needed);
  const optional = session.consent.purposes.filter((it) => !it.is_needed);
  const onSubmit = async (values: Record<string, string>): Promise<void> => {
    const agreed = [...needed, ...optional.filter((it) => values[it.purpose])].map((it) => it.purpose);
    await app.own.giveConsent(session.consent.text_version, agreed);
    app.tell('consentGiven', { purposes: agreed });
    await app.start(app.home);
  };
  return {
    step: 'consent',
    title: `Link your bank to ${session.client_name}`,
    top: meeting(session.client_name),
    body: [
      h('ul', { class: 'points' }, needed.map((it) => point(session, SIGNS[it.purpose] ?? 'bank', it.title, it.text))),
      h(
        'ul',
        { class: 'points' },
        point(session, 'lock', 'Your password stays secret', 'It is encrypted and never shown to {client}.'),
        point(session, 'undo', 'You can change your mind', 'Take it back at any time under “Linked banks”.'),
      ),
      form({
        fields: optional.map((it) => ({
          name: it.purpose,
          label: it.title,
          type: 'checkbox' as const,
          details: words(session, it.text),
          optional: true,
        })),
        heading: optional.length > 0 ? 'Your choice' : undefined,
        submit: 'Agree and go on',
        beside: button('Not now', () => leave(app), 'quiet'),
        signal,
        onSubmit,
      }),
    ],
  };
};

function point(session: Session, name: Parameters<typeof icon>[0], title: string, text: string): Child {
  const [first, rest] = parted(text).map((it) => words(session, it));
  return h('li', null, icon(name), h('div', null, h('strong', null, title), h('span', null, first), rest && more(title, rest)));
}

/** The partner's sign and the bank's, linked. */
export function meeting(name: string, bank: Child = icon('bank')): HTMLElement {
  const mark = h('span', { class: 'mark' }, name.slice(0, 1).toUpperCase());
  return h('div', { class: 'meeting', 'aria-hidden': 'true' }, mark, h('span', { class: 'dots' }), h('span', { class: 'mark bankmark' }, bank));
}

/** Ends the visit with what it came to. */
export function leave(app: App): void {
  if (!app.finish()) void app.start(closed);
}

/** Where there is no way back to the partner: the window just stays. */
export const closed: MakeScreen = (app) => {
  const { status } = app.ending;
  const isGood = status === 'connected' || status === 'pending';
  return {
    step: 'closed',
    title: isGood ? 'All done' : 'Nothing was linked',
    top: badge(isGood ? 'check' : 'close', isGood ? 'good' : 'plain'),
    body: [
      h('p', { class: 'lead' }, `You can close this window and go back to ${app.session.client_name}.`),
      h('div', { class: 'actions' }, button(isGood ? 'Link another bank' : 'Link a bank', () => void app.start(app.home), 'second')),
    ],
  };
};
