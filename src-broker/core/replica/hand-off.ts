// What leader and follower say to each other. Kafka's Fetch, cut in two: the question that is asked once (where am I, which
// epoch did I last see, KIP-101), and the part that repeats, sent as flat numbers so that a turn costs one message a peer.
import type { Uuid } from '../../base/uuid.ts'

/** Follower → leader: all that a turn has to ask. At a start it is of thousands of partitions. */
export interface ReplicaFetch {
  readonly kind: 'replica-fetch'
  readonly questions: readonly FollowQuestion[]
}

/** Let me follow from my log end. Asked on becoming a follower and after every doubt. */
export interface FollowQuestion {
  readonly topicId: Uuid
  readonly partition: number
  /** The follower's number for this partition: what announcements to it will carry. */
  readonly followerHandle: number
  /** Epoch of the registration under which the follower lives (KIP-903). */
  readonly brokerEpoch: number
  readonly leaderEpoch: number
  readonly fetchOffset: number
  /** Epoch of the last batch in the follower's log, -1 when it is empty. */
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
}

export interface FollowFrom {
  readonly kind: 'follow'
  /** The leader's number for this partition: what acknowledgements will carry. */
  readonly leaderHandle: number
  /** Where the fetch offset lies in the leader's files. */
  readonly segmentBase: number
  readonly position: number
  /** The batch that lies there, or will: if another does when the follower looks, the leader has compacted meanwhile. */
  readonly batchOffset: number
}

/** Leader → follower: the answers of a turn. */
export interface ReplicaFetchResponse {
  readonly kind: 'replica-fetch-response'
  readonly answers: readonly FollowAnswer[]
}

/** Anything but `follow` asks the follower to act and ask again. */
export interface FollowAnswer {
  readonly followerHandle: number
  readonly leaderEpoch: number
  readonly outcome:
    | FollowFrom
    /** The follower's last epoch ended earlier here: truncate to what both have. */
    | { readonly kind: 'diverging'; readonly epoch: number; readonly endOffset: number }
    /** The leader no longer, or not yet, has that offset, or no longer knows that epoch: start anew at its log start. */
    | { readonly kind: 'out-of-range'; readonly logStartOffset: number }
    /** The leader's own file is spoilt there. Nobody can help; it may be led elsewhere soon. */
    | { readonly kind: 'corrupt' }
    /** Not the leader at that epoch, as far as it knows yet: ask again a little later. */
    | { readonly kind: 'not-leader' }
}

/** First number of a repeating message. */
export const announcement = 0
export const acknowledgement = 1

// Announcement entry: follower handle, leader epoch, segment base offset, end position in that segment's file,
//                     log end offset, high watermark, log start offset.
export const announcementWidth = 7
// Acknowledgement entry: leader handle, leader epoch, log end offset, log start offset.
export const acknowledgementWidth = 4
