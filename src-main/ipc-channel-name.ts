export const ipcChannelName = 'rpc'
