/** Java's `abs(groupId.hashCode()) % count`, in which the abs of the smallest integer is 0. */
export function partitionOf(groupId: string, count: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % count
}
