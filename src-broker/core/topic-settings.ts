import type { LogConfig } from './log/log-config.ts'

/** The settings in force for a topic: its own, else the brokers' dynamic ones, else the defaults. */
export interface TopicSettings {
  logConfig(topic: string): LogConfig
  minInsyncReplicas(topic: string): number
}
