// Finding the bank: those that many have, and a search over all.
import type { App, MakeScreen } from '../app.js';
import { isOver, sentence } from '../app.js';
import { button, h, icon, logo, type Child } from '../dom.js';
import { needs } from '../session.js';
import type { Institution, InstitutionQuery } from '../../../connect-adapter/src/types.js';
import { institution as institutionScreen } from './institution.js';
import { manage } from './manage.js';
import { depositAccount } from './deposit.js';
import { manual } from './manual.js';

const PER_PAGE = 25;
const POPULAR = 8;
/** How long the end user must have stopped typing, in milliseconds. */
const PAUSE_MS = 250;

/** The first screen of everybody who has agreed. */
export const search: MakeScreen = async (app, signal) => {
  const filter = { per_page: POPULAR, ...needs(app.session) };
  const [popular, members] = await Promise.all([app.florin.loadPopularInstitutions(filter), app.florin.loadMembers()]);
  const agreed = button('What you agreed to', () => void app.go(manage), 'link');
  const start = [group(app, 'Popular banks', popular), otherWays(app), members.length === 0 && h('p', { class: 'agreed' }, agreed)];
  const results = h('div', { class: 'results', id: 'results' }, start);
  const box = searchBox();
  listen(app, signal, box, results, start);
  return {
    step: 'search',
    title: 'Find your bank',
    body: [
      members.length > 0 && manageLink(app, members.filter((it) => !it.is_manual).length),
      h(
        'div',
        { class: 'searching', role: 'search' },
        icon('search'),
        h('label', { class: 'sr', for: 'search' }, 'Bank name or routing number'),
        box,
      ),
      results,
    ],
  };
};

function searchBox(): HTMLInputElement {
  return h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Bank name or routing number',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    maxlength: 100,
    'aria-controls': 'results',
  });
}

function manageLink(app: App, linked: number): HTMLElement {
  const text = linked === 0 ? 'Accounts by hand' : linked === 1 ? '1 linked bank' : `${linked} linked banks`;
  return h(
    'button',
    { type: 'button', class: 'strip', onclick: () => void app.go(manage) },
    icon('check'),
    h('span', null, text),
    h('span', { class: 'soft' }, 'See and manage'),
    icon('next'),
  );
}

/** Searches while the end user types; an answer to an older question is dropped. */
function listen(app: App, signal: AbortSignal, box: HTMLInputElement, results: HTMLElement, start: Child[]): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const look = async (): Promise<void> => {
    const text = box.value.trim();
    app.query = text;
    const mine = (asked += 1);
    if (text.length < 2) {
      results.replaceChildren(h('div', null, start));
      return app.say('');
    }
    try {
      const found = await app.florin.loadInstitutions(question(app, text, 1));
      if (mine !== asked || signal.aborted) return;
      app.tell('institutionSearch', { query: text });
      show(app, results, text, found);
    } catch (error) {
      if (mine !== asked || isOver(error, signal)) return;
      results.replaceChildren(h('p', { class: 'none' }, sentence(error)), button('Search again', () => void look(), 'second'));
      app.say(sentence(error));
    }
  };
  box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), PAUSE_MS);
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    clearTimeout(timer);
    void look();
  });
  if (app.query) {
    box.value = app.query;
    void look();
  }
  const section = (): HTMLElement[] => [box, ...results.querySelectorAll<HTMLElement>('.bank')];
  for (const element of [box, results]) element.addEventListener('keydown', (event) => arrows(event, section()));
}

/** Up and down walk from the box through the banks. */
function arrows(event: KeyboardEvent, stops: HTMLElement[]): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = step && at >= 0 ? stops[at + step] : undefined;
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function question(app: App, text: string, page: number): InstitutionQuery {
  const digits = text.replace(/[\s-]/g, '');
  const by = /^(\d{9}|\d{6})$/.test(digits) ? { routing_number: digits } : { search_name: text };
  return { ...by, page, per_page: PER_PAGE, ...needs(app.session) };
}

function show(app: App, results: HTMLElement, text: string, found: Institution[]): void {
  if (found.length === 0) {
    const none = `No bank found for “${text}”`;
    results.replaceChildren(h('p', { class: 'none' }, none), h('p', null, 'Check the spelling, or try its web address.'), h('div', null, otherWays(app)));
    return app.say(none);
  }
  const list = h('ul', { class: 'banks' }, found.map((it) => tile(app, it)));
  const content = h('div', null, list, found.length === PER_PAGE && more(app, text, list), otherWays(app));
  results.replaceChildren(content);
  app.say(found.length === 1 ? '1 bank found' : `${found.length}${found.length === PER_PAGE ? ' or more' : ''} banks found`);
}

/** The next page, below what is there. */
function more(app: App, text: string, list: HTMLElement): HTMLElement {
  let page = 1;
  const next = button('Show more', async () => {
    page += 1;
    const found = await app.florin.loadInstitutions(question(app, text, page)).catch((error) => (app.say(sentence(error)), null));
    if (!found) return;
    const tiles = found.map((it) => tile(app, it));
    list.append(...tiles);
    tiles[0]?.querySelector('button')?.focus();
    if (found.length < PER_PAGE) next.remove();
  }, 'second wide');
  return next;
}

function group(app: App, title: string, found: Institution[]): Child {
  return [h('h2', null, title), h('ul', { class: 'banks' }, found.map((it) => tile(app, it)))];
}

function tile(app: App, institution: Institution): HTMLElement {
  const host = institution.url?.replace(/^https?:\/\/(www\.)?/, '').replace(/\/.*$/, '');
  const open = (): void => {
    app.tell('selectedInstitution', { guid: institution.guid, code: institution.code, name: institution.name });
    void app.go(institutionScreen(institution.guid));
  };
  return h(
    'li',
    null,
    h(
      'button',
      { type: 'button', class: 'bank', onclick: open },
      logo(institution.logo_url),
      h('span', { class: 'name' }, h('span', null, institution.name), host && h('span', { class: 'soft' }, host)),
      icon('next'),
    ),
  );
}

/** What to do when the bank is not there, or cannot be signed in to. */
export function otherWays(app: App): Child {
  const { mode, enable_manual_accounts, enable_microdeposits } = app.session;
  const deposits = mode === 'verification' && enable_microdeposits !== false;
  const byHand = mode === 'aggregation' && enable_manual_accounts !== false;
  if (!deposits && !byHand) return null;
  return h(
    'section',
    { class: 'other', 'aria-label': 'Other ways' },
    h('h2', null, 'Bank not listed?'),
    deposits && way(() => app.go(depositAccount()), 'coins', 'Use account and routing number', 'We send two small deposits; takes one to three business days.'),
    byHand && way(() => app.go(manual), 'pencil', 'Add an account by hand', 'Enter its name and balance yourself.'),
  );
}

function way(go: () => void, name: Parameters<typeof icon>[0], title: string, text: string): HTMLElement {
  return h(
    'button',
    { type: 'button', class: 'bank way', onclick: go },
    h('span', { class: 'logo small' }, icon(name)),
    h('span', { class: 'name' }, title, h('span', { class: 'soft' }, text)),
    icon('next'),
  );
}
