// An `import` of node:http evaluates its lazy exports, a whole WebSocket client among them: 40 ms of the start. This takes 7.
export const http = process.getBuiltinModule('node:http')
