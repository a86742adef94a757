export interface UncleanElection {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  /** Replicas that had everything committed and are not there: what only they have is lost. Empty where nobody knows of any. */
  readonly missing: readonly number[]
}

/** What the pulse shows of the quorum. */
export type QuorumEvent =
  /** This node leads the metadata quorum; `tookMs` since it lost sight of the leader before (or started). */
  | {
      readonly kind: 'controller-elected'
      readonly controllerId: number
      readonly epoch: number
      readonly tookMs: number
    }
  | {
      readonly kind: 'controller-resigned'
      readonly controllerId: number
      readonly epoch: number
      readonly reason: string
    }
  /** Reported by the controller alone, once committed; so are the next two. */
  | { readonly kind: 'broker-fenced' | 'broker-unfenced'; readonly brokerId: number; readonly reason: string }
  | {
      readonly kind: 'leader-changed'
      readonly topic: string
      readonly partition: number
      readonly from: number
      readonly to: number
      readonly leaderEpoch: number
      /** The new leader is the first of the replicas. */
      readonly isPreferred: boolean
    }
  | {
      readonly kind: 'isr-changed'
      readonly topic: string
      readonly partition: number
      readonly from: readonly number[]
      readonly to: readonly number[]
    }
  /** Replicas lead that may lack what was committed; reported by the controller alone. */
  | { readonly kind: 'unclean-leaders-elected'; readonly elections: readonly UncleanElection[] }
  /** The controller does not take this broker in; it asks again. */
  | { readonly kind: 'registration-refused'; readonly brokerId: number; readonly errorCode: number }
  /** The clock jumped: the machine slept, or this broker was held. Sessions start anew. */
  | { readonly kind: 'clock-gap'; readonly gapMs: number }
  /** The disk refused what the quorum has to write (ENOSPC, EIO …): this node leads no longer and tries again. */
  | { readonly kind: 'metadata-disk-failed'; readonly code: string; readonly path: string }
