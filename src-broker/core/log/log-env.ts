import type { Env } from '../env.ts'

/** What a log needs of the outside world. Time comes with each call. */
export type LogEnv = Pick<Env, 'disk' | 'crc32c' | 'decompress' | 'compress'>
