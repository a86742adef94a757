import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import {
  describeGroups,
  findCoordinator,
  listGroups,
  offsetCommit,
  offsetFetch,
} from '../../../src-broker/protocol/messages/index.ts'
import type { PulseEvent } from '../../../src-main/contract/cluster.ts'
import type { ResetPlan, ResetTarget } from '../../../src-main/contract/groups.ts'
import { EventBus } from '../../../src-main/services/event-bus.ts'
import { GroupService } from '../../../src-main/services/groups.ts'
import { PulseService } from '../../../src-main/services/pulse.ts'
import { Journal } from '../../../src-main/store/journal.ts'
import { FakeCluster, FakeLog } from '../client/fake-cluster.ts'
import { FakeHost } from './fake-host.ts'

let cluster: FakeCluster
let events: EventBus
let journal: Journal
let pulse: PulseService
let service: GroupService
let told: PulseEvent[]
/** The one group there is: what it has committed of `flights`, by partition, and who is in it. */
let committed: Map<number, number>
let state: string
let members: number
let refusedPartition: number | null

beforeEach(async () => {
  const log = (count: number) => {
    const filled = new FakeLog()
    for (let time = 0; time < count; time++)
      filled.append([{ timestamp: 100 * time, key: `k${time}`, value: `{"id":9007199254740993,"n":${time}}` }])
    return filled
  }
  cluster = (await FakeCluster.start()).topic('flights', log(10), log(20), new FakeLog())
  committed = new Map([
    [0, 10],
    [1, 15],
  ])
  state = 'Empty'
  members = 0
  refusedPartition = null
  const [broker] = cluster.brokers
  broker!.on(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({
      key,
      nodeId: 1,
      host: '127.0.0.1',
      port: broker!.port,
      errorCode: 0,
      errorMessage: null,
    })),
  }))
  broker!.on(listGroups, () => ({
    errorCode: 0,
    groups: [{ groupId: 'readers', protocolType: 'consumer', groupState: state }],
  }))
  broker!.on(describeGroups, ({ groups }, { version }) => ({
    groups: groups.map((groupId) => {
      const isKnown = groupId === 'readers'
      const member = {
        memberId: 'm',
        clientId: 'c',
        clientHost: '/127.0.0.1',
        memberMetadata: new Uint8Array(0),
        memberAssignment: Buffer.from(
          '0001000000010007666c69676874730000000200000001' + '00000002' + 'ffffffff',
          'hex',
        ),
      }
      return {
        errorCode: isKnown || version < 6 ? 0 : errors.GROUP_ID_NOT_FOUND,
        groupId,
        groupState: isKnown ? state : 'Dead',
        protocolType: 'consumer',
        protocolData: 'range',
        members: Array.from({ length: members }, () => member),
      }
    }),
  }))
  broker!.on(offsetFetch, ({ groups }) => ({
    groups: groups.map(({ groupId }) => ({
      groupId,
      topics: [
        {
          name: 'flights',
          partitions: [...committed].map(([partitionIndex, committedOffset]) => ({
            partitionIndex,
            committedOffset,
            metadata: '',
            errorCode: 0,
          })),
        },
      ],
    })),
  }))
  broker!.on(offsetCommit, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, committedOffset }) => {
        const errorCode = partitionIndex === refusedPartition ? errors.OFFSET_METADATA_TOO_LARGE : 0
        if (errorCode === 0) committed.set(partitionIndex, committedOffset)
        return { partitionIndex, errorCode }
      }),
    })),
  }))
  events = new EventBus()
  journal = new Journal(':memory:', () => {})
  pulse = new PulseService(new FakeHost(0), events, journal)
  service = new GroupService(cluster.client, events, pulse, journal)
  told = []
  events.on('pulse', (event) => told.push(event))
})
afterEach(async () => {
  pulse.close()
  await journal.close()
  await cluster.stop()
})

const plan = async (target: ResetTarget, partitions: readonly number[] | null = null, groupId = 'readers') =>
  service.handlers['groups.planReset']({ groupId, topic: 'flights', partitions, target })
const apply = async (toApply: ResetPlan) => service.handlers['groups.applyReset']({ plan: toApply })
const moves = ({ steps }: ResetPlan) =>
  steps.map(
    ({ partition, fromOffset, toOffset, recordsAgain }) =>
      `${partition}: ${fromOffset} → ${toOffset}, ${recordsAgain} again`,
  )

describe('a plan', () => {
  test('changes nothing and shows from where to where, and how many records that is', async () => {
    expect(moves(await plan({ kind: 'earliest' }))).toEqual([
      '0: 10 → 0, 10 again',
      '1: 15 → 0, 15 again',
      '2: null → 0, 0 again',
    ])
    expect(moves(await plan({ kind: 'latest' }))).toEqual([
      '0: 10 → 10, 0 again',
      '1: 15 → 20, -5 again',
      '2: null → 0, 0 again',
    ])
    expect(moves(await plan({ kind: 'timestamp', timestampMs: 650 }, [1]))).toEqual(['1: 15 → 7, 8 again'])
    expect([...committed]).toEqual([
      [0, 10],
      [1, 15],
    ])
  })

  test('an offset outside of a log is brought to its nearer end', async () => {
    expect(moves(await plan({ kind: 'offset', offset: 12 }))).toEqual([
      '0: 10 → 10, 0 again',
      '1: 15 → 12, 3 again',
      '2: null → 0, 0 again',
    ])
  })

  test('by a shift goes on from where each partition stands, and no further than its log', async () => {
    expect(moves(await plan({ kind: 'shift', by: -12 }))).toEqual(['0: 10 → 0, 10 again', '1: 15 → 3, 12 again'])
    expect(moves(await plan({ kind: 'shift', by: 4 }))).toEqual(['0: 10 → 10, 0 again', '1: 15 → 19, -4 again'])
  })

  test('shows the first record that will be read again, 64-bit integers to the last digit, or null at the end', async () => {
    const { steps } = await plan({ kind: 'offset', offset: 10 })
    expect(steps.map(({ firstRecord }) => firstRecord)).toEqual([
      null,
      {
        offset: 10,
        timestampMs: 1_000,
        key: { kind: 'text', text: 'k10', sizeBytes: 3, isCut: false },
        value: { kind: 'json', text: '{"id":9007199254740993,"n":10}', sizeBytes: 30, isCut: false },
      },
      null,
    ])
  })

  test('of a group with members says that it cannot be applied, and why', async () => {
    state = 'Stable'
    members = 3
    expect((await plan({ kind: 'earliest' })).refusal).toBe(
      'Group readers is Stable with 3 members: stop its members first, their own commits would overwrite yours.',
    )
  })

  test('of a group that does not exist is refused: a typing error must not make a group', async () => {
    await expect(plan({ kind: 'earliest' }, null, 'raeders')).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
    await expect(plan({ kind: 'earliest' }, [9])).rejects.toMatchObject({
      message: 'Topic flights has no partition 9.',
    })
  })
})

describe('applying a plan', () => {
  test('does exactly what was shown, tells it, and keeps what it takes to undo it', async () => {
    const outcome = await apply(await plan({ kind: 'earliest' }, [0, 1]))
    expect(outcome.steps).toEqual([
      { partition: 0, committedOffset: 0, error: null },
      { partition: 1, committedOffset: 0, error: null },
    ])
    expect([...committed]).toEqual([
      [0, 0],
      [1, 0],
    ])
    expect(told.map(({ kind, text, isInjected }) => [kind, text, isInjected])).toEqual([
      ['offsets-reset', 'readers set to earliest on flights, 2 partitions', true],
    ])
    const [entry] = await journal.read('groups.applyReset', 0, 10)
    expect(entry!.payload).toMatchObject({
      applied: [
        { partition: 0, offset: 0 },
        { partition: 1, offset: 0 },
      ],
      inverse: [
        { partition: 0, offset: 10 },
        { partition: 1, offset: 15 },
      ],
    })
  })

  test('is refused once somebody has joined the group', async () => {
    const shown = await plan({ kind: 'earliest' })
    state = 'Stable'
    members = 1
    await expect(apply(shown)).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' })
    expect(committed.get(0)).toBe(10)
  })

  test('is refused once an offset has moved', async () => {
    const shown = await plan({ kind: 'earliest' })
    committed.set(1, 16)
    await expect(apply(shown)).rejects.toMatchObject({
      code: 'PLAN_OUT_OF_DATE',
      message: 'The offset of partition 1 has moved since the plan was made; plan again.',
    })
    committed.set(1, 15)
    committed.set(2, 0)
    await expect(apply(shown)).rejects.toMatchObject({ code: 'PLAN_OUT_OF_DATE' })
  })

  test('is refused once its goal has been deleted from the log', async () => {
    const shown = await plan({ kind: 'earliest' }, [0])
    cluster.topics.get('flights')![0]!.log.logStartOffset = 5
    await expect(apply(shown)).rejects.toMatchObject({ message: 'Offset 0 is no longer in partition 0; plan again.' })
  })

  test('a plan that a window made up gets no further than one that was shown', async () => {
    const shown = await plan({ kind: 'earliest' }, [0])
    const forged = { ...shown, steps: [{ ...shown.steps[0]!, toOffset: 1_000_000 }] }
    await expect(apply(forged)).rejects.toMatchObject({ code: 'PLAN_OUT_OF_DATE' })
    await expect(apply({ ...shown, groupId: 'raeders' })).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
    await expect(apply({ ...shown, steps: [] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('a partition that is refused says so, the others are applied and told', async () => {
    refusedPartition = 1
    const outcome = await apply(await plan({ kind: 'earliest' }, [0, 1]))
    expect(outcome.steps.map(({ error }) => error)).toEqual([
      null,
      'The metadata string of the committed offset is too long.',
    ])
    const [entry] = await journal.read('groups.applyReset', 0, 10)
    expect(entry!.payload).toMatchObject({ inverse: [{ partition: 0, offset: 10 }] })
  })
})

describe('a group', () => {
  test('has members, what they hold, offsets and lag; what is held and was never committed is shown too', async () => {
    state = 'Stable'
    members = 1
    const detail = await service.handlers['groups.describe']({ groupId: 'readers' })
    expect(detail.members[0]!.assignments).toEqual([{ topic: 'flights', partitions: [1, 2] }])
    expect(
      detail.offsets.map(({ partition, committedOffset, lag, memberId }) => [
        partition,
        committedOffset,
        lag,
        memberId,
      ]),
    ).toEqual([
      [0, 10, 0, null],
      [1, 15, 5, 'm'],
      [2, null, null, 'm'],
    ])
    expect([detail.state, detail.totalLag, detail.coordinator]).toEqual(['Stable', 5, 1])
    const list = await service.handlers['groups.list']()
    expect(list).toEqual([
      {
        groupId: 'readers',
        state: 'Stable',
        protocolType: 'consumer',
        memberCount: 1,
        totalLag: 5,
        uncommittedCount: 0,
        topics: ['flights'],
        coordinator: 1,
      },
    ])
  })

  test('without an offset where there are records has no lag there, held by a member or not', async () => {
    committed.delete(1)
    const detail = await service.handlers['groups.describe']({ groupId: 'readers' })
    expect(detail.offsets.map(({ partition, committedOffset, lag }) => [partition, committedOffset, lag])).toEqual([
      [0, 10, 0],
      [1, null, null],
      [2, null, null],
    ])
    // Partition 2 is empty: whatever happens, nothing of it is missed.
    const [listed] = await service.handlers['groups.list']()
    expect([detail.totalLag, detail.uncommittedCount, listed!.totalLag, listed!.uncommittedCount]).toEqual([0, 1, 0, 1])
  })

  test('of a kind that cannot be described is shown as far as it is listed, and its offsets can be planned', async () => {
    cluster.brokers[0]!.on(describeGroups, ({ groups }) => ({
      groups: groups.map((groupId) => ({
        errorCode: errors.GROUP_ID_NOT_FOUND,
        groupId,
        groupState: 'Dead',
        protocolType: '',
        protocolData: '',
        members: [],
      })),
    }))
    const detail = await service.handlers['groups.describe']({ groupId: 'readers' })
    expect([detail.state, detail.members, detail.totalLag]).toEqual(['Empty', [], 5])
    state = 'Stable'
    expect((await plan({ kind: 'earliest' })).refusal).toMatch(/^Group readers is Stable: stop its members first/)
  })

  test('a state that we do not know is Unknown, a group that is not there an answer', async () => {
    state = 'Reconciling'
    expect((await service.handlers['groups.list']())[0]!.state).toBe('Unknown')
    const missing = async () => service.handlers['groups.describe']({ groupId: 'none' })
    await expect(missing()).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND', message: 'There is no group none.' })
  })
})
