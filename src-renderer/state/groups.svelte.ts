import type { GroupDetail, GroupSummary } from '../../src-main/contract/groups.ts'
import type { Client } from '../api/client.ts'
import { type Explained, explain } from './toasts.svelte.ts'

export class Groups {
  list = $state.raw<readonly GroupSummary[] | null>(null)
  error = $state.raw<Explained | null>(null)
  readonly #api: Client['api']
  #isLoading = false

  constructor(client: Client) {
    this.#api = client.api
  }

  async load(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      this.list = await this.#api['groups.list']()
      this.error = null
    } catch (error) {
      this.error = explain(error)
    }
    this.#isLoading = false
  }

  async delete(groupId: string): Promise<void> {
    await this.#api['groups.delete']({ groupId })
    this.list = this.list?.filter((known) => known.groupId !== groupId) ?? null
  }
}

/** One group's page; lag moves all the time, so it is asked for again and again while looked at. */
export class GroupPage {
  readonly groupId: string
  detail = $state.raw<GroupDetail | null>(null)
  error = $state.raw<Explained | null>(null)
  readonly #api: Client['api']
  #isLoading = false

  constructor(client: Client, groupId: string) {
    this.#api = client.api
    this.groupId = groupId
  }

  async load(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      this.detail = await this.#api['groups.describe']({ groupId: this.groupId })
      this.error = null
    } catch (error) {
      this.error = explain(error)
    }
    this.#isLoading = false
  }
}
