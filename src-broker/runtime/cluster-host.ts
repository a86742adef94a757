// The front door of the cluster: all that a host may use of it.
export type {
  BrokerLifecycle,
  BrokerReport,
  BrokerStatus,
  ClusterEvent,
  ClusterHost,
  ClusterOptions,
  ReplicaReport,
  TopicReport,
} from './cluster-types.ts'
export { checkDataDirectory, StartRefused } from './data-directory.ts'
export { startCluster } from './owned-cluster.ts'
