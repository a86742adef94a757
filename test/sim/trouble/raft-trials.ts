// Two classic trials of Raft, played by message and by election, as chance would play them once in a thousand years.
import type { Machine } from '../machine.ts'
import { shuffled } from '../randoms.ts'
import { hold } from './links.ts'
import type { Fault, Trouble } from './trouble.ts'

/** Longer than any of them takes. */
const trialMs = 4_000

/** The controller, the last voter to stand, and the third one, where there are three and all of them run. */
function threeVoters({ cluster }: Trouble): readonly [Machine, Machine, Machine] | undefined {
  if (cluster.machines.length !== 3) return undefined // More of them would vote.
  const voters = cluster.machines
  const controller = voters.find(({ broker, id }) => broker?.quorum.controllerId === id)
  const others = voters.filter((machine) => machine !== controller)
  if (others.length !== 2 || controller === undefined || !voters.every(({ isServing }) => isServing)) return undefined
  return [controller, others[1]!, others[0]!]
}

const areLinked = (a: Machine, b: Machine): boolean => a.isUp && b.isUp && a.peerEnds.has(b.id) && b.peerEnds.has(a.id)

/**
 * Two candidates of one epoch. The voter between them gives its vote to the first and starts anew, and only then is asked by the
 * second, which has its pre-vote from the first.
 */
export const contestedVote: Fault = (trouble) => {
  const voters = threeVoters(trouble)
  const { cluster, plan, random } = trouble
  if (voters === undefined || plan.networkDelayMs > 1) return false
  const [controller, voter, other] = voters
  const [first, second] = shuffled(random, [controller, other]) as [Machine, Machine]
  const end = trouble.guard(trialMs)
  const holdBack = (from: Machine, to: Machine, ms = 1_500): (() => void) =>
    hold(trouble, { side: [from], other: [to], to: true, from: false, ms })
  const releases = new Map([[other, holdBack(voter, other)]])
  let letHear = (): void => {}
  const asked = new Set<Machine>()
  let isGiven = false
  trouble.listen(1_500, (from, to, message) => {
    if (message.kind === 'vote' && message.preVote) {
      if ((from === second && to === first) || (from === first && to === voter)) asked.add(from)
      if (asked.size === 2) trouble.after(2 * plan.networkDelayMs + 0.5, () => releases.get(first)?.())
    }
    const isVote = message.kind === 'vote-response' && message.voteGranted && !message.preVote
    if (!isVote || from !== voter || to !== first || isGiven) return
    isGiven = true
    const vote = holdBack(voter, first, 400)
    for (const link of cluster.network.linksOf(voter.id, second.id)) link.break()
    releases.get(second)?.()
    trouble.after(0, () => {
      trouble.crash(voter, 0.3)
      const askIt = (): void => {
        letHear()
        // Neither of the two hears of the other, nor the first of the vote it has, before the second has had its turn.
        holdBack(second, first, 200)
        trouble.after(1.55 * plan.networkDelayMs, () => holdBack(first, second, 200))
        trouble.after(8 * plan.networkDelayMs + 1, vote)
        trouble.after(50, end)
      }
      trouble.when(() => areLinked(voter, second), 200, askIt, 0.2)
    })
  })
  trouble.crash(controller, 0.5 + random())
  const isBack = (): boolean => areLinked(controller, voter) && areLinked(controller, other)
  const compete = (): void => {
    letHear = holdBack(first, second)
    releases.set(controller, holdBack(voter, controller))
  }
  trouble.when(isBack, 100, compete, 0.2)
  return true
}

/**
 * Raft's figure 8. A leader dies with a record that nobody else has, so does the next one; the first leads again and brings its
 * record to a majority, though none of its new epoch, and dies again. The second may win then, and its record be written over.
 */
export const figureEight: Fault = (trouble) => {
  const voters = threeVoters(trouble)
  if (voters === undefined || trouble.plan.metadataFetchBytes > 1) return false
  const { cluster, plan } = trouble
  const end = trouble.guard(trialMs)
  const leaders: Machine[] = []
  const isolate = (machine: Machine): void => {
    const other = cluster.machines.filter((each) => each !== machine)
    hold(trouble, { side: [machine], other, to: true, from: false, ms: 5 })
  }
  trouble.elections(trialMs, (leader) => {
    const [first, second] = leaders
    leaders.push(leader)
    if (leaders.length <= 2) {
      if (leader === first) return end()
      isolate(leader)
      trouble.after(2, () => trouble.crash(leader, leaders.length === 1 ? 30 : 300))
    } else if (leaders.length > 3 || leader !== first) end()
    else {
      let fetches = 0
      trouble.listen(500, (from, to, message) => {
        if (to !== leader || from === second || message.kind !== 'fetch' || ++fetches !== 2) return
        hold(trouble, { side: [leader], other: [from], to: true, from: false, ms: 50 })
        trouble.after(1.6 * plan.networkDelayMs + 0.1, () => {
          for (const link of cluster.network.linksOf(leader.id)) link.break()
          trouble.crash(leader, 2_500)
        })
      })
    }
  })
  trouble.crash(voters[0], 20)
  return true
}
