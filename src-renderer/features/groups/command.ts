import type { ResetPlan } from '../../../src-main/contract/groups.ts'

/** The same reset with Kafka's own tool. */
export function resetCommand(plan: ResetPlan, bootstrap: string): string {
  const partitions = plan.steps.map((step) => step.partition).join(',')
  const { target } = plan
  const to = {
    earliest: '--to-earliest',
    latest: '--to-latest',
    offset: `--to-offset ${target.kind === 'offset' ? target.offset : ''}`,
    timestamp: `--to-datetime ${target.kind === 'timestamp' ? new Date(target.timestampMs).toISOString().replace('Z', '') : ''}`,
    shift: `--shift-by ${target.kind === 'shift' ? target.by : ''}`,
  }[target.kind]
  return `kafka-consumer-groups.sh --bootstrap-server ${bootstrap} --group ${quoted(plan.groupId)} --topic ${plan.topic}:${partitions} --reset-offsets ${to} --execute`
}

const quoted = (text: string): string => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
