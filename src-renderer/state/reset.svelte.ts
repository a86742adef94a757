import type { ResetOutcome, ResetPlan, ResetRequest, ResetTarget } from '../../src-main/contract/groups.ts'
import type { Client } from '../api/client.ts'
import { parseTime, type Zone } from '../lib/time.ts'
import { type Explained, explain } from './toasts.svelte.ts'

/** Moving a group's offsets: say where to, see what it would do, then do exactly that. */
export class Reset {
  readonly groupId: string
  topic = $state('')
  partitions = $state.raw<readonly number[] | null>(null)
  kind = $state<ResetTarget['kind']>('earliest')
  offsetText = $state('')
  timeText = $state('')
  shiftText = $state('')
  plan = $state.raw<ResetPlan | null>(null)
  isPlanning = $state(false)
  isApplying = $state(false)
  error = $state.raw<Explained | null>(null)
  outcome = $state.raw<{ readonly plan: ResetPlan; readonly result: ResetOutcome } | null>(null)
  readonly #api: Client['api']
  readonly #zone: () => Zone
  #question = 0

  readonly target = $derived<ResetTarget | null>(this.#target())
  readonly again = $derived(this.plan?.steps.reduce((sum, step) => sum + Math.max(0, step.recordsAgain), 0) ?? 0)
  readonly skipped = $derived(this.plan?.steps.reduce((sum, step) => sum + Math.max(0, -step.recordsAgain), 0) ?? 0)
  readonly moving = $derived(this.plan?.steps.filter((step) => step.fromOffset !== step.toOffset) ?? [])

  constructor(client: Client, groupId: string, topic: string, zone: () => Zone) {
    this.#api = client.api
    this.groupId = groupId
    this.topic = topic
    this.#zone = zone
  }

  /** Asks what the reset would do; the last question wins. */
  async preview(): Promise<void> {
    this.#question += 1
    const question = this.#question
    const { groupId, topic, partitions, target } = this
    this.outcome = null
    if (target === null || partitions?.length === 0) {
      this.plan = null
      return
    }
    this.isPlanning = true
    try {
      const plan = await this.#api['groups.planReset']({ groupId, topic, partitions, target } satisfies ResetRequest)
      if (question !== this.#question) return
      this.plan = plan
      this.error = null
    } catch (error) {
      if (question !== this.#question) return
      this.plan = null
      this.error = explain(error)
    }
    this.isPlanning = false
  }

  async apply(): Promise<void> {
    const plan = this.plan
    if (plan === null || plan.refusal !== null || this.isApplying) return
    this.isApplying = true
    try {
      const result = await this.#api['groups.applyReset']({ plan })
      this.outcome = { plan, result }
      this.plan = null
      this.error = null
    } catch (error) {
      this.error = explain(error)
    }
    this.isApplying = false
  }

  #target(): ResetTarget | null {
    if (this.kind === 'offset') {
      const digits = this.offsetText.replace(/[,\s]/g, '')
      return /^\d{1,15}$/.test(digits) ? { kind: 'offset', offset: Number(digits) } : null
    }
    if (this.kind === 'timestamp') {
      const timestampMs = parseTime(this.timeText, this.#zone())
      return timestampMs === null ? null : { kind: 'timestamp', timestampMs }
    }
    if (this.kind === 'shift') {
      const text = this.shiftText.replace(/[,\s]/g, '').replace('−', '-')
      return /^[+-]?\d{1,15}$/.test(text) ? { kind: 'shift', by: Number(text) } : null
    }
    return { kind: this.kind }
  }
}
