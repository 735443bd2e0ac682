export { ThreadlineProvider, useClient } from "./context.js";
export {
  useConnection,
  useLimits,
  useMessages,
  useOutbox,
  usePresence,
  useStore,
  useThread,
  useThreads,
  useTyping,
  useUnread,
  useUser,
} from "./hooks.js";
