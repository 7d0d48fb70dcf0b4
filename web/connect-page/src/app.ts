// The frame around the screens: which one is shown, the way back, what the partner's page is told, and the end.
import type { ConnectAdapter } from '../../connect-adapter/src/adapter.js';
import type { Institution } from '../../connect-adapter/src/types.js';
import { ConnectError } from '../../connect-adapter/src/error.js';
import { actions, badge, button, h, type Child } from './dom.js';
import type { OwnCalls, Session } from './session.js';

/** One screen: made anew each time it is shown. */
export interface Screen {
  /** Names the step in messages. */
  step: string;
  title: string;
  /** Stands above the heading. */
  top?: Child;
  body: Child[];
  /** Hides the way back: something is under way, or over. */
  busy?: boolean;
  /** Called once it is in the document. */
  shown?: () => void;
}

/** Makes a screen; `signal` aborts when it is left. */
export type MakeScreen = (app: App, signal: AbortSignal) => Screen | Promise<Screen>;

/** How the visit ended, as the partner is told. */
export type Ending = 'connected' | 'pending' | 'cancelled' | 'expired' | 'error';

/** What a visit came to. */
export interface Outcome {
  status: Ending;
  member_guid?: string;
  microdeposit_guid?: string;
}

/** What is shown and what is asked. */
export class App {
  session!: Session;
  /** What was last searched for, for those who come back from a bank. */
  query = '';
  /** What the visit came to so far. */
  ending: Outcome = { status: 'cancelled' };
  readonly heading = h('h1', { tabindex: -1, id: 'heading' });
  readonly main = h('main', { class: 'card', 'aria-labelledby': 'heading' });
  readonly live = h('div', { class: 'sr', 'aria-live': 'polite', role: 'status' });
  home: MakeScreen = () => ({ step: 'none', title: '', body: [] });
  onScreen: (screen: Screen, canGoBack: boolean) => void = () => {};
  private banks = new Map<string, Promise<Institution>>();
  private stack: MakeScreen[] = [];
  private depth = 0;
  private leaving = new AbortController();
  private loading = false;
  private step = '';

  constructor(
    readonly token: string,
    readonly florin: ConnectAdapter,
    readonly own: OwnCalls,
  ) {
    addEventListener('popstate', (event) => {
      this.depth = (event.state as { depth?: number } | null)?.depth ?? 0;
      void this.show(this.stack[this.depth] ?? this.home);
    });
  }

  /** The first screen; what came before cannot be gone back to. */
  start(screen: MakeScreen): Promise<void> {
    this.depth = 0;
    this.query = '';
    this.stack = [screen];
    history.replaceState({ session: this.token, depth: 0 }, '');
    return this.show(screen);
  }

  /** A screen further on. */
  async go(screen: MakeScreen): Promise<void> {
    // A second click while the first one's screen is loading.
    if (this.loading) return;
    this.depth += 1;
    this.stack.length = this.depth;
    this.stack.push(screen);
    history.pushState({ session: this.token, depth: this.depth }, '');
    return this.show(screen);
  }

  /** A screen instead of this one: back leads to where this one would lead. */
  swap(screen: MakeScreen): Promise<void> {
    this.stack[this.depth] = screen;
    return this.show(screen);
  }

  /** A screen after which everything before is over: back leads home. */
  settle(screen: MakeScreen): Promise<void> {
    this.stack = this.stack.slice(0, this.depth).map(() => this.home);
    return this.swap(screen);
  }

  back(): void {
    if (this.depth > 0) history.back();
    else void this.swap(this.home);
  }

  /** Tells those who do not see the screen. */
  say(text: string): void {
    this.live.textContent = text;
  }

  private async show(make: MakeScreen): Promise<void> {
    this.leaving.abort();
    const { signal } = (this.leaving = new AbortController());
    this.loading = true;
    this.main.setAttribute('aria-busy', 'true');
    let screen: Screen;
    try {
      screen = await make(this, signal);
    } catch (error) {
      if (isOver(error, signal)) return;
      screen = this.failed(sentence(error), make);
    }
    if (signal.aborted) return;
    this.loading = false;
    this.main.removeAttribute('aria-busy');
    this.draw(screen);
  }

  private draw(screen: Screen): void {
    const first = this.step === '';
    document.title = `${screen.title} - ${this.session?.client_name ?? 'Florin'}`;
    this.heading.textContent = screen.title;
    const look = screen.top instanceof Element && screen.top.matches('.badge') ? ' told' : '';
    const content = h('div', { class: `screen ${screen.step}${look}` }, screen.top, this.heading, screen.body);
    this.main.replaceChildren(content);
    this.say('');
    this.onScreen(screen, this.depth > 0 && !screen.busy);
    screen.shown?.();
    // The first screen must not take the focus from the partner's page around it.
    if (!first) {
      scrollTo(0, 0);
      if (!content.contains(document.activeElement)) this.heading.focus({ preventScroll: true });
    }
    this.tell('stepChange', { previous: this.step || null, current: screen.step });
    this.step = screen.step;
  }

  private failed(text: string, make: MakeScreen): Screen {
    const again = button('Try again', () => void this.show(make));
    return { step: 'failed', title: 'That did not work', top: badge('alert', 'bad'), body: [h('p', { class: 'lead' }, text), actions(again)] };
  }

  /** Tells the partner's page, and nobody else, what happens. */
  tell(type: string, metadata: Record<string, unknown> = {}): void {
    const origin = this.session?.origin;
    if (!origin) return;
    const message = { type: `florin/connect/${type}`, metadata: { user_guid: this.session.user.guid, ...metadata } };
    const parent = window.parent === window ? null : window.parent;
    for (const partner of [parent, window.opener as Window | null]) {
      try {
        partner?.postMessage(message, origin);
      } catch {
        // A window that is gone needs no message.
      }
    }
  }

  /** An institution, asked for once. */
  bank(guid: string): Promise<Institution> {
    const known = this.banks.get(guid);
    if (known) return known;
    const asked = this.florin.loadInstitutionByGuid(guid);
    this.banks.set(guid, asked);
    asked.catch(() => this.banks.delete(guid));
    return asked;
  }

  /** The logo of an institution, if it is to be had. */
  async logoOf(guid: string): Promise<string | null> {
    return this.bank(guid).then(
      (bank) => bank.logo_url,
      () => null,
    );
  }

  /** Leads back to the partner. Answers whether there is a way: otherwise the window just stays. */
  finish(ending: Outcome = this.ending): boolean {
    this.tell('done', { ...ending });
    if (window.parent !== window) return false;
    const to = this.session?.return_url;
    if (to && /^https?:\/\//.test(to)) {
      const url = new URL(to);
      for (const [name, value] of Object.entries(ending)) url.searchParams.set(name, value);
      location.assign(url);
      return true;
    }
    // A window that a script did not open cannot be closed by one.
    if (window.opener) window.close();
    return false;
  }
}

const OURS = 'Something went wrong on our side. Try again in a moment.';

/** What to tell an end user about an error. One that is not the server's is a fault of this page: it goes to the console too. */
export function sentence(error: unknown): string {
  if (!(error instanceof ConnectError)) {
    reportError(error);
    return OURS;
  }
  if (error.response.status === 0) return 'We could not reach the server. Check your internet connection and try again.';
  if (error.response.status === 429) return 'That was too often. Wait a minute, then try again.';
  if (error.response.status >= 500) return OURS;
  return error.response.data.message ?? 'That did not work. Try again.';
}

/** Whether the screen that asked is gone or the session is over: then there is nothing to show. */
export function isOver(error: unknown, signal?: AbortSignal): boolean {
  return signal?.aborted === true || (error instanceof ConnectError && error.response.status === 401);
}
