import type { Bug } from '../mutate.ts'
import { groupBugs } from './groups.ts'
import { quorumBugs } from './quorum.ts'
import { replicationBugs } from './replication.ts'
import { storageBugs } from './storage.ts'

export const bugs: readonly Bug[] = [...replicationBugs, ...quorumBugs, ...storageBugs, ...groupBugs]
