import { plural } from '../../lib/format.ts'
import type { BlastRadius } from '../../state/cluster.svelte.ts'

/** What an injected fault would do, said before it is done. */
export function blastSentence(radius: BlastRadius, brokerId: number, action: 'kill' | 'pause' | 'restart'): string {
  const effects = [
    radius.leadersMoving > 0 ? `${plural(radius.leadersMoving, 'leader')} will move` : null,
    radius.offline > 0 ? `${plural(radius.offline, 'partition')} will be offline` : null,
    radius.belowMinIsr > 0
      ? `${plural(radius.belowMinIsr, 'partition')} will fall below min ISR (acks=all refused)`
      : null,
    radius.losesQuorum ? 'the metadata quorum loses its majority: no elections until one is back' : null,
  ].filter((effect) => effect !== null)
  const does = {
    kill: `Ends broker ${brokerId} at once, as kill -9`,
    pause: `Freezes broker ${brokerId}: open sockets, no answers, fenced when its session ends`,
    restart: `Stops broker ${brokerId} in an orderly way and starts it again`,
  }[action]
  return `${does}.\n${effects.length === 0 ? 'Nothing else changes.' : sentenceCase(`${effects.join(', ')}.`)}`
}

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
