export { createAdapter, type ConnectAdapter, type ProfileUpdate } from './adapter.js';
export { createClient, type Ask, type Client, type ClientOptions } from './client.js';
export * from './codes.js';
export { ConnectError, VerifyNotEnabledError, type ErrorData } from './error.js';
export type * from './types.js';
