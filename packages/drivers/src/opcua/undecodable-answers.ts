import { type OPCUAClient, ServiceFault, StatusCodes } from "node-opcua-client";

/** What is used of the part of the library that makes answers of bytes. */
interface MessageBuilder {
  readonly sequenceHeader?: { readonly requestId: number } | null;
  readonly securityHeader?: unknown;
  readonly channelId?: number;
  on(event: "invalid_message", listener: () => void): void;
  emit(event: "message", ...message: readonly unknown[]): void;
}
interface Inside {
  readonly _secureChannel?: { _getMessageBuilder?(): MessageBuilder | undefined } | null;
}

/** What whoever asked is told of an answer that nobody can read. */
export const UNDECODABLE = "BadDecodingError";

/**
 * The library drops an answer that it cannot decode, and lets whoever asked wait until the end of
 * its time. Told at once, it is the affair of that question, and no silence of the server.
 */
export function tellUndecodable(client: OPCUAClient): void {
  const builder = (client as unknown as Inside)._secureChannel?._getMessageBuilder?.();
  builder?.on("invalid_message", () => {
    const requestHandle = builder.sequenceHeader?.requestId ?? 0;
    const serviceResult = StatusCodes.BadDecodingError;
    const fault = new ServiceFault({ responseHeader: { requestHandle, serviceResult } });
    const { securityHeader, channelId } = builder;
    builder.emit("message", fault, "MSG", securityHeader, requestHandle, channelId);
  });
}
