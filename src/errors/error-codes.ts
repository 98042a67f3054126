import { type KafkaError, type KafkaErrorName, kafkaErrors } from './kafka-errors.ts';
import { type PlatformErrorName, platformErrors } from './platform-errors.ts';

export type ErrorCode = KafkaErrorName | PlatformErrorName;

/** The one table that maps a code to what the doors say outside. */
export const errorTable: Readonly<Record<ErrorCode, KafkaError>> = { ...kafkaErrors, ...platformErrors };
