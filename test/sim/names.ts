// The names on a simulated disk: directories one level deep, as a broker has them.
import type { Inode } from './inode.ts'

export type NameChange =
  | { readonly kind: 'make-directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }

export function split(path: string): { directory: string; name: string } {
  const slash = path.indexOf('/')
  return slash < 0 ? { directory: '', name: path } : { directory: path.slice(0, slash), name: path.slice(slash + 1) }
}

export class Names {
  readonly #directories = new Map<string, Map<string, Inode>>([['', new Map()]])

  find(path: string): Inode | undefined {
    const { directory, name } = split(path)
    return this.#directories.get(directory)?.get(name)
  }

  isDirectory(path: string): boolean {
    return this.#directories.has(path)
  }

  list(directory: string): string[] {
    const names = [...(this.#directories.get(directory)?.keys() ?? [])]
    if (directory === '') names.push(...[...this.#directories.keys()].filter((name) => name !== ''))
    return names.sort()
  }

  *inodes(): IterableIterator<Inode> {
    for (const files of this.#directories.values()) yield* files.values()
  }

  apply(change: NameChange): void {
    const { directory, name } = split(change.path)
    switch (change.kind) {
      case 'make-directory':
        if (!this.#directories.has(change.path)) this.#directories.set(change.path, new Map())
        break
      case 'link':
        this.#directories.get(directory)?.set(name, change.inode)
        break
      case 'remove':
        if (change.path !== '' && this.#directories.delete(change.path)) break
        this.#directories.get(directory)?.delete(name)
        break
      case 'rename':
        this.#rename(change.path, change.to)
        break
    }
  }

  #rename(from: string, to: string): void {
    const files = this.#directories.get(from)
    if (files !== undefined && from !== '') {
      this.#directories.delete(from)
      this.#directories.set(to, files)
      return
    }
    const inode = this.find(from)
    if (inode === undefined) return
    this.apply({ kind: 'remove', path: from })
    this.apply({ kind: 'link', path: to, inode })
  }

  /** The same names for other inodes; what has two names stays one. */
  mapped(map: (inode: Inode) => Inode): Names {
    const names = new Names()
    const known = new Map<Inode, Inode>()
    for (const [directory, files] of this.#directories) {
      const copies = new Map<string, Inode>()
      for (const [name, inode] of files) {
        const copy = known.get(inode) ?? map(inode)
        known.set(inode, copy)
        copies.set(name, copy)
      }
      names.#directories.set(directory, copies)
    }
    return names
  }
}
