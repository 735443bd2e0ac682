/** Close codes: 4500-4999 end the connection, all others are followed by another one. */
export const closeCodes = {
  drain: 1012,
  overload: 1013,
  slow: 4001,
  tokenExpired: 4002,
  noHeartbeat: 4003,
  rate: 4004,
  badFrame: 4500,
  badToken: 4501,
  noHello: 4502,
  forbidden: 4503,
  tooManyConnections: 4504,
} as const;

/** Whether to connect again after a close with this code. */
export function reconnects(code: number): boolean {
  return code < 4500 || code > 4999;
}
