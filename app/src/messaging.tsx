import { createContext, type ReactNode, useContext } from "react";
import type { MessagingApi } from "./api/messagingApi";
import type { PickFile } from "./templates/pickFile";

/** Where an intention to send outlives a reload: AsyncStorage or localStorage. */
export interface Storage {
  getItem(key: string): Promise<string | null> | string | null;
  setItem(key: string, value: string): Promise<void> | void;
  removeItem(key: string): Promise<void> | void;
}

/** What every part of the screen needs. */
export interface Messaging {
  api: MessagingApi;
  campaignId: string;
  /** Whose session it is: intentions of one person are not another's. */
  userId: string;
  storage: Storage;
  /** Whether changes of jobs are pushed to us; if not, we ask. */
  live: boolean;
  now: () => Date;
  /** How a header's file is chosen; without it a link is typed. */
  pickFile: PickFile | undefined;
}

const Context = createContext<Messaging | null>(null);

export function MessagingProvider({ value, children }: { value: Messaging; children: ReactNode }) {
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useMessaging(): Messaging {
  const messaging = useContext(Context);
  if (messaging === null) throw new Error("Outside of MessagingScreen");
  return messaging;
}
