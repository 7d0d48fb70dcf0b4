// One request to Florin: the session in the header, JSON both ways, refusals as errors.
import { ConnectError, refusal, type ErrorData } from './error.js';

/** How Florin is reached. */
export interface ClientOptions {
  /** Where Florin is, such as `https://florin.example.com`; `''` for the page's own origin. */
  baseUrl: string;
  /**
   * The session that your back end minted, or a function that gives it. A function is asked again once, with
   * `expired: true`, when the server no longer takes the session, and the request is repeated with what it gives. When
   * it fails, so does the request, with that failure as the `cause`.
   */
  session: string | ((ask: { expired: boolean }) => string | Promise<string>);
  /** Instead of the browser's own. */
  fetch?: typeof globalThis.fetch;
  /** Gives up everything that is under way, and everything asked for later. */
  signal?: AbortSignal;
  /** Gives a request up after so many milliseconds; 30 000 unless told. */
  timeout_ms?: number;
  /** Called when the server no longer takes the session, before the request is rejected. */
  onSessionExpired?: () => void;
}

/** What one request asks for. */
export interface Ask {
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  locale?: string | undefined;
}

/** Sends requests. */
export interface Client {
  request<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, ask?: Ask): Promise<T>;
}

const TIMEOUT_MS = 30_000;

/** A client of `/connect/v1`. */
export function createClient(options: ClientOptions): Client {
  const base = `${options.baseUrl.replace(/\/+$/, '')}/connect/v1`;
  const given = options.session;
  const session = async (url: string, refused?: Answer): Promise<string> => {
    if (typeof given === 'string') return given;
    try {
      return await given({ expired: refused !== undefined });
    } catch (cause) {
      if (refused) options.onSessionExpired?.();
      throw noSession(url, refused?.status ?? 0, cause);
    }
  };

  return {
    async request<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
      const url = base + path + queryString(ask.query);
      let answer = await send(options, method, url, ask, await session(url));
      if (answer.status === 401 && typeof given === 'function') {
        answer = await send(options, method, url, ask, await session(url, answer));
      }
      const data = parse(answer, url);
      if (answer.ok) return data as T;
      if (answer.status === 401) options.onSessionExpired?.();
      throw refusal(answer.status, data as ErrorData, url);
    },
  };
}

interface Answer {
  status: number;
  ok: boolean;
  text: string;
}

async function send(options: ClientOptions, method: string, url: string, ask: Ask, session: string): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${session}` };
  if (ask.body !== undefined) headers['content-type'] = 'application/json';
  if (ask.locale) headers['accept-language'] = ask.locale;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), options.timeout_ms ?? TIMEOUT_MS);
  const stop = () => giveUp.abort();
  options.signal?.addEventListener('abort', stop);
  if (options.signal?.aborted) stop();
  const init: RequestInit = { method, headers, signal: giveUp.signal, credentials: 'omit', cache: 'no-store' };
  if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
  try {
    const response = await (options.fetch ?? globalThis.fetch)(url, init);
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch (cause) {
    throw unanswered(url, cause, options.signal?.aborted === true);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

function unanswered(url: string, cause: unknown, given_up: boolean): ConnectError {
  const message = given_up ? 'The request was given up.' : 'The server could not be reached.';
  const error = new ConnectError(0, { message }, url, { cause });
  if (given_up) error.name = 'AbortError';
  return error;
}

/** The function that gives the session failed; as with every other error, there is a `response` to look at. */
function noSession(url: string, status: number, cause: unknown): ConnectError {
  return new ConnectError(status, { message: 'There is no session.' }, url, { cause });
}

/** The answer's JSON; `{}` where a refusal has none, as from a proxy that answers with a page of its own. */
function parse(answer: Answer, url: string): unknown {
  if (answer.text === '') return {};
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    if (answer.ok) throw new ConnectError(answer.status, { message: 'The answer is not JSON.' }, url, { cause });
    return {};
  }
}

function queryString(query: Ask['query'] = {}): string {
  const known = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(known.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}
