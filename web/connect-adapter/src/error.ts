// Refusals, in the form in which HTTP clients of the axios family throw them.

/** What the server said about a refused request. */
export interface ErrorData {
  /** A sentence about what is wrong. */
  message?: string;
  /** 409 of `addMember`: the member that is there already. */
  guid?: string;
  /** The microdeposit that a refused `createMicrodeposit` is about. */
  micro_deposit?: unknown;
  /** 400: what is wrong with which field. */
  fields?: Record<string, string[] | string>;
  name?: string;
  entity_type?: string;
  [more: string]: unknown;
}

/**
 * A request that was refused (`response.status` 400 to 599), not answered (status 0), or given up (status 0, `name`
 * "AbortError").
 */
export class ConnectError extends Error {
  readonly response: { readonly status: number; readonly data: ErrorData };
  readonly config: { readonly url: string };

  constructor(status: number, data: ErrorData, url: string, options?: { cause?: unknown }) {
    super(data.message ?? `Request failed with status code ${status}`, options);
    this.name = 'ConnectError';
    this.response = { status, data };
    this.config = { url };
  }
}

/** The institution of a member cannot verify accounts. */
export class VerifyNotEnabledError extends ConnectError {
  readonly entity_type: string;

  constructor(status: number, data: ErrorData, url: string) {
    super(status, { message: "This connection doesn't support verification.", ...data }, url);
    this.name = 'VerifyNotEnabled';
    this.entity_type = data.entity_type ?? 'member';
  }
}

/** The error for a refusal. */
export function refusal(status: number, data: ErrorData, url: string): ConnectError {
  return data.name === 'VerifyNotEnabled' ? new VerifyNotEnabledError(status, data, url) : new ConnectError(status, data, url);
}
