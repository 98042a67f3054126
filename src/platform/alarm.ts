/** The one alarm of an object. It may fire early, late or twice; a handler reads its timer table to know what is due. */
export interface AlarmClock {
  /** Arms the alarm for `atMs`; an earlier one that is armed stays. */
  armBy(atMs: number): Promise<void>;
}
