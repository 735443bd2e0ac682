import { createContext, type ReactNode, useContext, useEffect } from "react";
import type { Client } from "../client.js";

const ClientContext = createContext<Client | null>(null);

/** Gives a client to the hooks below, and keeps it connected while it is shown. */
export function ThreadlineProvider({ client, children }: { client: Client; children: ReactNode }) {
  useEffect(() => {
    client.connect();
    return () => client.disconnect();
  }, [client]);
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The client of the provider above. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("there is no <ThreadlineProvider> above");
  return client;
}
