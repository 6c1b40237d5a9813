/** The gateway's version, as its package says: a constant, so that no bundle must read a file. */
export const VERSION = "0.1.0";
