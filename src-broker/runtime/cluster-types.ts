// The owned cluster as its host sees it: brokers in worker threads, started, stopped and broken from here.
// Everything about topics, messages and groups goes through the Kafka protocol instead.

export interface ClusterOptions {
  /** 1 to 9; null for as many as the data directory has, three in a new one. */
  readonly brokerCount: number | null
  /** Port of the first broker; broker n listens on port + 2 (n - 1). */
  readonly port: number
  /** Holds `pressroom.json`, a lock and one directory a broker. */
  readonly dataDirectory: string
  /** Gets a line for what an operator may want to know: a refused connection, a crash. */
  readonly log?: (line: string) => void
}

/** What the host can tell of a broker at once, whether or not its worker answers. */
export type BrokerLifecycle = 'starting' | 'running' | 'paused' | 'stopping' | 'stopped' | 'killed' | 'crashed'

export interface BrokerStatus {
  readonly brokerId: number
  readonly port: number
  readonly lifecycle: BrokerLifecycle
  /** Why it crashed. */
  readonly reason: string | null
  readonly sinceMs: number
  /** The last report of the worker; stale once it is paused, absent once it is gone. */
  readonly report: BrokerReport | null
}

/** One broker's own view, sent by its worker a few times a second when something changed. */
export interface BrokerReport {
  readonly brokerId: number
  readonly atMs: number
  /** How far it has followed the committed metadata, which `topics` is. */
  readonly metadataOffset: number
  readonly isFenced: boolean
  readonly controllerId: number | null
  readonly controllerEpoch: number
  /** Who votes in the metadata quorum, as this broker knows it. */
  readonly voters: readonly number[]
  readonly connections: number
  readonly recordsIn: number
  readonly recordsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Every replica this broker holds. */
  readonly replicas: readonly ReplicaReport[]
  /** The committed metadata as this broker has replayed it. */
  readonly topics: readonly TopicReport[]
}

export interface TopicReport {
  readonly topic: string
  readonly topicId: string
  readonly minInsyncReplicas: number
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: number
    readonly leaderEpoch: number
    readonly replicas: readonly number[]
    readonly isr: readonly number[]
    /** Not in sync, but known to have all that is committed (KIP-966). */
    readonly eligibleLeaderReplicas: readonly number[]
  }[]
}

export interface ReplicaReport {
  readonly topic: string
  readonly partition: number
  readonly isLeader: boolean
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly logBytes: number
}

/** Something that happened, as it happened. Durations in milliseconds. */
export type ClusterEvent =
  | {
      readonly kind: 'broker-started' | 'broker-stopped' | 'broker-killed' | 'broker-paused' | 'broker-resumed'
      readonly brokerId: number
      readonly atMs: number
      readonly tookMs: number | null
    }
  | {
      readonly kind: 'broker-crashed'
      readonly brokerId: number
      readonly atMs: number
      readonly reason: string
      /** When the host starts it again; null or missing where it does not, as it never got up. */
      readonly restartInMs?: number | null
    }
  /** The disk refused what the metadata quorum has to write: the broker leads it no longer and tries again. */
  | { readonly kind: 'metadata-disk-failed'; readonly brokerId: number; readonly atMs: number; readonly code: string }
  | { readonly kind: 'broker-fenced' | 'broker-unfenced'; readonly brokerId: number; readonly atMs: number }
  | {
      readonly kind: 'controller-elected'
      readonly brokerId: number
      readonly atMs: number
      readonly epoch: number
      readonly tookMs: number | null
    }
  | {
      readonly kind: 'leader-changed'
      readonly brokerId: number
      /** Who led before; -1 for nobody. `brokerId` is who leads now; -1 where nobody can. */
      readonly from: number
      readonly atMs: number
      readonly partitions: readonly string[]
      /** Its leader was lost, or shut down in an orderly way; it went back to its preferred leader; or it was moved on purpose. */
      readonly cause: 'lost' | 'shut-down' | 'preferred' | 'moved'
      /** Since the leader was lost; null where none was. */
      readonly tookMs: number | null
    }
  /** Replicas lead that may lack what had been committed. */
  | {
      readonly kind: 'unclean-leaders-elected'
      /** The new leader. */
      readonly brokerId: number
      readonly atMs: number
      readonly partitions: readonly string[]
      /** Brokers that had everything and are not there; what only they have is lost. */
      readonly missing: readonly number[]
    }
  /** A follower cannot go on at an offset: the leader's file is spoilt there, or its own disk takes nothing. */
  | {
      readonly kind: 'replica-stuck'
      readonly brokerId: number
      readonly atMs: number
      readonly partition: string
      readonly leaderId: number
      readonly offset: number
      readonly why: 'leader-corrupt' | 'own-disk'
    }
  /** A coordinator cannot read its partition of __consumer_offsets: it answers for none of its groups. */
  | {
      readonly kind: 'coordinator-unreadable'
      readonly brokerId: number
      readonly atMs: number
      readonly partition: string
      readonly offset: number
    }
  /** Recovery had to cut logs short. */
  | {
      readonly kind: 'logs-damaged'
      readonly brokerId: number
      readonly atMs: number
      readonly partitions: readonly string[]
      /** Those of them that lack what had been committed. */
      readonly belowHighWatermark: readonly string[]
    }
  /** Logs of which the metadata knows nothing: kept under another name. */
  | {
      readonly kind: 'logs-set-aside'
      readonly brokerId: number
      readonly atMs: number
      readonly partitions: readonly string[]
    }
  | {
      readonly kind: 'isr-changed'
      readonly brokerId: number
      readonly atMs: number
      readonly partition: string
      readonly from: readonly number[]
      readonly to: readonly number[]
    }
  | {
      readonly kind: 'group-rebalanced'
      readonly brokerId: number
      readonly atMs: number
      readonly groupId: string
      readonly generation: number
      readonly members: number
      readonly tookMs: number
      readonly reason: string
    }
  | {
      readonly kind: 'topic-created' | 'topic-deleted'
      readonly brokerId: number
      readonly atMs: number
      readonly topic: string
      readonly partitions: number
    }
  | {
      readonly kind: 'partitions-added'
      readonly brokerId: number
      readonly atMs: number
      readonly topic: string
      /** That it has now. */
      readonly partitions: number
      readonly added: number
    }
  | {
      readonly kind: 'topic-configs-changed'
      readonly brokerId: number
      readonly atMs: number
      readonly topic: string
      /** The topic's own; null stands for none, where the broker's default counts. */
      readonly changes: readonly { readonly name: string; readonly from: string | null; readonly to: string | null }[]
    }
  /** Somebody who is no member set offsets of an empty group: a tool, or a consumer that assigns itself its partitions. */
  | {
      readonly kind: 'offsets-set'
      readonly brokerId: number
      readonly atMs: number
      readonly groupId: string
      readonly clientId: string
      readonly partitions: readonly string[]
    }

export interface ClusterHost {
  readonly clusterId: string
  readonly bootstrap: readonly string[]
  brokers(): readonly BrokerStatus[]
  kill(brokerId: number): Promise<void>
  pause(brokerId: number): Promise<void>
  resume(brokerId: number): Promise<void>
  /** Starts a stopped, killed or crashed broker on its own data. */
  start(brokerId: number): Promise<void>
  /** Controlled shutdown: leaders move first. */
  stop(brokerId: number): Promise<void>
  /** One broker more, with the lowest free id, which it returns once the broker serves. It votes in the quorum soon after. */
  addBroker(): Promise<number>
  /**
   * Moves what the broker holds to others, takes it out of the quorum, stops it and removes its data. Rejects with one line, and
   * leaves the broker as it is, where something would be lost.
   */
  removeBroker(brokerId: number): Promise<void>
  onEvent(listener: (event: ClusterEvent) => void): () => void
  /** Called after a worker's report arrived or a broker's state changed. */
  onChange(listener: () => void): () => void
  /** Stops every broker in an orderly way. */
  close(): Promise<void>
}
