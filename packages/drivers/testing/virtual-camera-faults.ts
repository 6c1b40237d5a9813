/** What can be wrong with a virtual camera, at any time. */
export interface VirtualCameraFaults {
  /** Answers nothing at all, but takes connections. */
  isSilent: boolean;
  /** Refuses to open a pull point. */
  refusesSubscriptions: boolean;
  /** Cuts the answer to PullMessages in its middle. */
  cutsPullMessages: boolean;
  /** Answers PullMessages with an empty page, at once. */
  answersPullMessagesOddly: boolean;
  /** Answers "no events" at once instead of waiting for some. */
  pullsWithoutWaiting: boolean;
  /** Knows no SetSynchronizationPoint. */
  refusesSynchronization: boolean;
  /** Starts a picture and never ends it. */
  snapshotNeverEnds: boolean;
  /** Follows a picture with this much of nothing. */
  snapshotPaddingBytes: number;
  /** Delivers pictures without their second half. */
  snapshotIsCut: boolean;
  /** Answers for pictures with this HTTP status. */
  snapshotStatus: number;
}

/** A camera in good order. */
export function noFaults(): VirtualCameraFaults {
  return {
    isSilent: false,
    refusesSubscriptions: false,
    cutsPullMessages: false,
    answersPullMessagesOddly: false,
    pullsWithoutWaiting: false,
    refusesSynchronization: false,
    snapshotNeverEnds: false,
    snapshotPaddingBytes: 0,
    snapshotIsCut: false,
    snapshotStatus: 200,
  };
}
