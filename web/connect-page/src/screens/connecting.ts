// A job runs: the member is looked at until it is linked, asks something, or cannot be linked.
import type { App, MakeScreen } from '../app.js';
import { isOver, sentence } from '../app.js';
import { actions, button, h, logo, wait } from '../dom.js';
import { jobsOf } from '../session.js';
import { ConnectError, VerifyNotEnabledError } from '../../../connect-adapter/src/error.js';
import { ConnectionStatus as Status, codeName, type Code, type JobType } from '../../../connect-adapter/src/codes.js';
import type { Job, Member } from '../../../connect-adapter/src/types.js';
import { challenge } from './challenge.js';
import { connected, pending } from './connected.js';
import { meeting } from './consent.js';
import { trouble, unsuited } from './trouble.js';

/** Between two looks, in milliseconds: short at first, because most banks answer in a few seconds. */
const LOOK_MS = [400, 600, 800, 1000, 1500, 2000];
/** From when on the end user may go on without waiting, in milliseconds. */
const LONG_MS = 25_000;
/** After which it is no longer waited for, in milliseconds. */
const TOO_LONG_MS = 300_000;

const STAGES: [string, string][] = [
  ['signing_in', 'Signing in'],
  ['accounts', 'Finding your accounts'],
  ['transactions', 'Reading transactions'],
];

const GOING_ON = new Set<number>([Status.CREATED, Status.RECONNECTED, Status.UPDATED, Status.RESUMED]);

type Jobs = Code<typeof JobType>[];
type Verdict = 'wait' | 'challenge' | 'connected' | 'trouble';

/** What a look at a member means; `idle` counts the looks in a row at which nothing was under way. */
export function judge(member: Member, job: Job | undefined, idle: number): Verdict {
  if (member.connection_status === Status.CHALLENGED) return 'challenge';
  if (GOING_ON.has(member.connection_status)) return 'wait';
  if (job?.async_account_data_ready && member.connection_status === Status.CONNECTED) return 'connected';
  if (member.connection_status === Status.CONNECTED) return member.is_being_aggregated ? 'wait' : 'connected';
  if (member.is_being_aggregated) return 'wait';
  return member.error?.error_code || idle >= 2 ? 'trouble' : 'wait';
}

interface Parts {
  bar: HTMLProgressElement;
  list: HTMLElement;
  text: HTMLElement;
  later: HTMLElement;
}

/** Runs the jobs that the session wants and shows how far they are. */
export function connecting(member: Member): MakeScreen {
  return (app, signal) => {
    const [first, ...rest] = jobsOf(app.session);
    return watching(member, first, rest)(app, signal);
  };
}

/** Waits for the job that runs already, if any, or runs `first`; then runs those that are left. */
export function watching(member: Member, first: Jobs[number] | undefined, left: Jobs): MakeScreen {
  return async (app, signal) => {
    const picture = await app.logoOf(member.institution_guid);
    const bar = h('progress', { max: 100, 'aria-labelledby': 'heading' });
    const list = h('ol', { class: 'stages' }, STAGES.map(([, title]) => h('li', null, title)));
    const text = h('p', { class: 'lead' }, 'This takes a few seconds. Please keep this page open.');
    const goOn = button('Go on without waiting', () => void app.settle(pending(member)), 'second');
    const later = h('div', { hidden: true }, actions(goOn));
    const parts = { bar, list, text, later };
    return {
      step: 'connecting',
      title: `Connecting to ${member.name}`,
      top: meeting(app.session.client_name, logo(picture)),
      body: [bar, list, text, later],
      busy: true,
      shown: () => void run(app, signal, member, first, left, parts),
    };
  };
}

async function run(
  app: App,
  signal: AbortSignal,
  member: Member,
  first: Jobs[number] | undefined,
  left: Jobs,
  parts: Parts,
): Promise<void> {
  try {
    if (first !== undefined) await start(app, member, first);
    const { verdict, now } = await watch(app, signal, member, parts);
    if (signal.aborted) return;
    if (verdict === 'challenge') return await app.swap(challenge(now, left));
    if (verdict === 'trouble') return await app.settle(trouble(now, left));
    if (verdict === 'wait') return await app.settle(pending(now));
    if (left.length > 0) return await app.swap(watching(now, left[0], left.slice(1)));
    return await app.settle(connected(now));
  } catch (error) {
    if (isOver(error, signal)) return;
    if (error instanceof VerifyNotEnabledError) return app.settle(unsuited(member));
    parts.bar.hidden = true;
    parts.list.hidden = true;
    parts.text.textContent = sentence(error);
    parts.later.hidden = false;
    const again = (): void => void app.swap(watching(member, first, left));
    parts.later.replaceChildren(actions(button('Try again', again)));
    app.say(sentence(error));
  }
}

/** Runs a job; one that runs already will do. */
async function start(app: App, member: Member, job: Code<typeof JobType>): Promise<void> {
  try {
    await app.florin.runJob(job, member.guid);
  } catch (error) {
    if (!(error instanceof ConnectError) || error.response.status !== 409) throw error;
    const now = await app.florin.loadMemberByGuid(member.guid);
    if (!now.is_being_aggregated) throw error;
  }
}

async function watch(app: App, signal: AbortSignal, member: Member, parts: Parts): Promise<{ verdict: Verdict; now: Member }> {
  const begun = performance.now();
  let now = member;
  let idle = 0;
  let failures = 0;
  for (let look = 0; performance.now() - begun < TOO_LONG_MS; look += 1) {
    await wait(LOOK_MS[Math.min(look, LOOK_MS.length - 1)]!, signal);
    if (signal.aborted) break;
    try {
      const before = now.connection_status;
      now = await app.florin.loadMemberByGuid(member.guid);
      const job = now.most_recent_job_guid ? await app.florin.loadJob(now.most_recent_job_guid) : undefined;
      if (before !== now.connection_status) tellStatus(app, now);
      idle = now.is_being_aggregated ? 0 : idle + 1;
      failures = 0;
      const verdict = judge(now, job, idle);
      if (verdict !== 'wait') return { verdict, now };
      if (!signal.aborted) progress(app, parts, job, performance.now() - begun);
    } catch (error) {
      // A phone that changes its network loses a request or two.
      failures += 1;
      if (isOver(error, signal) || failures > 3) throw error;
    }
  }
  return { verdict: 'wait', now };
}

function tellStatus(app: App, member: Member): void {
  app.tell('memberStatusUpdate', {
    member_guid: member.guid,
    connection_status: member.connection_status,
    connection_status_name: codeName(Status, member.connection_status) ?? null,
  });
}

function progress(app: App, { bar, list, text, later }: Parts, job: Job | undefined, passed_ms: number): void {
  const at = STAGES.findIndex(([stage]) => stage === job?.stage);
  if (job?.progress) bar.value = job.progress;
  [...list.children].forEach((item, index) => {
    item.className = index < at ? 'past' : index === at ? 'now' : '';
    if (index === at) item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  });
  const told = STAGES[at]?.[1];
  if (told && app.live.textContent !== told) app.say(told);
  if (passed_ms > LONG_MS && later.hidden) {
    text.textContent = 'Your bank takes longer than usual. You can wait, or go on: we keep working.';
    later.hidden = false;
    app.say(text.textContent);
  }
}
