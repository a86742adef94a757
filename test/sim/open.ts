/**
 * What the simulator finds and nobody has mended yet: kinds of anomaly that do not fail the tests as long as they stay rare. Each is a
 * bug of the product or of the simulator. Whoever mends one takes its line away; nothing else belongs here.
 */
export const openAnomalies: Readonly<Record<string, string>> = {
  'groups-unsettled': 'members of a group that join and leave under trouble are not in one generation 40 s after it',
  'committed-offset-wrong': 'a group answers an older offset than the one it acknowledged',
  'damaged-replica': 'a rotten batch stays in a replica',
  'damaged-record': 'a rotten batch is served to a consumer, as Kafka would',
  'epoch-went-back': 'a quorum epoch of a broker goes back after its disk took a power loss',
  'laggard-in-isr': 'a deleted topic’s partition waits for ever',
  'false-out-of-order': 'a topic made anew refuses an idempotent producer’s first batch',
  unreadable: 'a topic made anew cannot be read to its end',
  'broker-crashed': 'the core asserts “change of broker N in another epoch” while brokers are added and removed',
}

/** Of a thousand seeds. */
export const openAnomaliesMax = 15
