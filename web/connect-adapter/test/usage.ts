// Compiled, never run: how the package is used, as the types see it.
import {
  ConnectError,
  ConnectionStatus,
  createAdapter,
  JobType,
  VerifyNotEnabledError,
  type ConnectAdapter,
  type Member,
} from '../dist/index.js';

const adapter: ConnectAdapter = createAdapter({
  baseUrl: 'https://florin.example.com',
  session: async ({ expired }) => (expired ? 'new' : 'old'),
});

export async function link(institution: string): Promise<Member> {
  const [field] = await adapter.getInstitutionCredentials(institution);
  const credentials = field ? [{ guid: field.guid, value: 'demo' }] : [];
  try {
    const { member } = await adapter.addMember({ institution_guid: institution, credentials }, {}, true);
    await adapter.runJob(JobType.AGGREGATION, member.guid, {}, true);
    return await adapter.loadMemberByGuid(member.guid, 'en');
  } catch (error) {
    if (error instanceof VerifyNotEnabledError) throw new Error(error.entity_type);
    if (error instanceof ConnectError && error.response.status === 409 && error.response.data.guid) {
      return adapter.loadMemberByGuid(error.response.data.guid);
    }
    throw error;
  }
}

export function isOver(member: Member): boolean {
  // @ts-expect-error statuses are integers
  if (member.connection_status === 'CONNECTED') return false;
  return member.connection_status === ConnectionStatus.CONNECTED && !member.is_being_aggregated;
}

// @ts-expect-error an institution is required
void adapter.addMember({ credentials: [] });
// @ts-expect-error amounts are text, in cents
void adapter.verifyMicrodeposit('MIC-1', { deposit_amount_1: 5, deposit_amount_2: 7 });
