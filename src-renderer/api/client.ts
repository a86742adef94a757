import { connect, type Client as RpcClient } from '../../src-main/contract/rpc.ts'
import { type ChannelStatus, hostGone, type LiveChannel } from './channel.ts'

export interface Client extends Pick<RpcClient, 'api' | 'on'> {
  onStatus(listener: (status: ChannelStatus) => void): void
}

/** Requests with answers, and events, over a channel that may close and come back: what waited when it closed fails. */
export function createClient(channel: LiveChannel): Client {
  const { api, on, lose } = connect(channel)
  return {
    api,
    on,
    onStatus(listener) {
      channel.onStatus((status) => {
        if (status === 'gone') lose(hostGone())
        listener(status)
      })
    },
  }
}
