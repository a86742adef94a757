import { errors } from '../../protocol/errors.ts'
import type { ClassicGroup } from './group.ts'

/** A static member is known by its instance, and fenced when another process has taken over that instance. */
export function checkMember(
  group: ClassicGroup,
  { memberId, groupInstanceId }: { readonly memberId: string; readonly groupInstanceId: string | null },
): number {
  if (groupInstanceId !== null) {
    const holder = group.staticMembers.get(groupInstanceId)
    if (holder === undefined) return errors.UNKNOWN_MEMBER_ID
    if (holder !== memberId) return errors.FENCED_INSTANCE_ID
  }
  return group.members.has(memberId) ? errors.NONE : errors.UNKNOWN_MEMBER_ID
}
