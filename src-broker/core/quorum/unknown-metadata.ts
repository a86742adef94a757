// A later release may write what this one does not know. To leave it out would be to live in another cluster than the others do, so
// such a broker does not start. It finds out before it has touched anything: the release that wrote it can go on from there.
import { decodeMetadataRecord, metadataRecordType, UnknownMetadata } from '../../protocol/stored/metadata-records.ts'
import type { MetadataLog } from './metadata-log.ts'
import type { SupportedFeature } from './records.ts'

/** Looks at what a snapshot has led to and at the log behind it. Throws UnknownMetadata. */
export function refuseUnknown(
  log: MetadataLog,
  features: ReadonlyMap<string, number>,
  supported: readonly SupportedFeature[],
): void {
  for (const [name, level] of features) refuseLevel(name, level, supported)
  log.lookAhead((value) => {
    if (metadataRecordType(value) !== 'FeatureLevelRecord') return
    const record = decodeMetadataRecord(value)
    if (record.type === 'FeatureLevelRecord') refuseLevel(record.name, record.featureLevel, supported)
  })
}

function refuseLevel(name: string, level: number, supported: readonly SupportedFeature[]): void {
  const feature = supported.find((each) => each.name === name)
  const isKnown = level === 0 || (feature !== undefined && level <= feature.maxSupportedVersion)
  if (!isKnown) throw new UnknownMetadata(`level ${level} of ${name}`)
}
