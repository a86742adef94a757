// Touches and frees memory: node touch-memory.ts MEGABYTES
// On a virtual machine the first use of a page that the host has taken back costs ten times what the second does. Whoever
// measures right after this measures the broker, not the host.
const [megabytes] = process.argv.slice(2)
const pageBytes = 4096
const blocks: Buffer[] = []
for (let left = Number(megabytes); left > 0; left -= 256) {
  const block = Buffer.allocUnsafeSlow(Math.min(left, 256) << 20)
  for (let at = 0; at < block.length; at += pageBytes) block[at] = 1
  blocks.push(block)
}
console.log(blocks.length)
