import { QueryClientProvider } from "@tanstack/react-query";
import { Component, type ReactNode, useEffect, useMemo, useState } from "react";
import { Pressable, ScrollView, StyleSheet, Text, View } from "react-native";
import {
  initialWindowMetrics,
  SafeAreaProvider,
  SafeAreaView,
} from "react-native-safe-area-context";
import type { MessagingApi } from "./api/messagingApi";
import { keys, newQueryClient } from "./api/queries";
import type { WatchJobs } from "./api/realtime";
import { DeliveriesView } from "./deliveries/DeliveriesView";
import { MessagingProvider, type Storage } from "./messaging";
import { SendView } from "./send/SendView";
import { browserPickFile, type PickFile } from "./templates/pickFile";
import { TemplatesView } from "./templates/TemplatesView";
import { text } from "./text/es-MX";
import { Heading, Notice, SPACE, TARGET, useTheme } from "./ui";
import { keysOf } from "./ui/keys";

export interface MessagingScreenProps {
  api: MessagingApi;
  campaignId: string;
  userId: string;
  storage: Storage;
  /** Voters chosen elsewhere in the app: they stand instead of the filters. */
  voterIds?: readonly string[];
  /** How a file is chosen; in a browser there is no need for one. */
  pickFile?: PickFile;
  /** Calls back when a job changed, and whether it can; without it the screen asks. */
  watch?: WatchJobs;
}

type Tab = "send" | "deliveries" | "templates";
const TABS: readonly Tab[] = ["send", "deliveries", "templates"];

/** The whole module: no router, no state outside of it. */
export function MessagingScreen(props: MessagingScreenProps) {
  // Nothing that one person or campaign was shown is there for the next.
  return (
    <SafeAreaProvider initialMetrics={initialWindowMetrics}>
      <Screen key={`${props.userId} ${props.campaignId}`} {...props} />
    </SafeAreaProvider>
  );
}

function Screen(props: MessagingScreenProps) {
  const { api, campaignId, userId, storage, voterIds, watch, pickFile = browserPickFile } = props;
  const [client] = useState(newQueryClient);
  const [live, setLive] = useState(false);
  useEffect(() => {
    if (watch === undefined) return undefined;
    // What is being asked goes on: an announcement each second must not cut every answer short.
    const askAnew = (queryKey: readonly string[]) =>
      void client.invalidateQueries({ queryKey }, { cancelRefetch: false });
    const stop = watch(
      campaignId,
      (jobId) => {
        askAnew(keys.job(jobId));
        askAnew(keys.jobs(campaignId));
      },
      (isLive) => {
        setLive(isLive);
        if (!isLive) return;
        // What changed while nobody told us.
        askAnew(["job"]);
        askAnew(keys.jobs(campaignId));
      },
    );
    return () => {
      setLive(false);
      stop();
    };
  }, [watch, campaignId, client]);
  const messaging = useMemo(
    () => ({ api, campaignId, userId, storage, live, pickFile, now: () => new Date() }),
    [api, campaignId, userId, storage, live, pickFile],
  );
  return (
    <QueryClientProvider client={client}>
      <MessagingProvider value={messaging}>
        <Views {...(voterIds === undefined ? {} : { voterIds })} />
      </MessagingProvider>
    </QueryClientProvider>
  );
}

function Views({ voterIds }: { voterIds?: readonly string[] }) {
  const theme = useTheme();
  const [tab, setTab] = useState<Tab>("send");
  const [openJob, setOpenJob] = useState<string | null>(null);
  const showJob = (jobId: string) => {
    setOpenJob(jobId);
    setTab("deliveries");
  };
  return (
    <SafeAreaView style={[styles.screen, { backgroundColor: theme.background }]}>
      <View role="main" style={styles.main}>
        <View style={styles.top}>
          <Heading level={1}>{text.title}</Heading>
          <Tabs
            chosen={tab}
            onChoose={(chosen) => {
              setOpenJob(null);
              setTab(chosen);
            }}
          />
        </View>
        <View role="tabpanel" aria-label={text.tabs[tab]} style={styles.view}>
          <Crash key={tab}>
            {tab === "send"
              ? (
                <Page>
                  <SendView onSent={showJob} {...(voterIds === undefined ? {} : { voterIds })} />
                </Page>
              )
              : tab === "deliveries"
              ? <DeliveriesView jobId={openJob} onOpen={setOpenJob} />
              : (
                <Page>
                  <TemplatesView />
                </Page>
              )}
          </Crash>
        </View>
      </View>
    </SafeAreaView>
  );
}

/** A view that scrolls as a whole; lists that are windowed scroll by themselves. */
function Page({ children }: { children: ReactNode }) {
  return (
    <ScrollView contentContainerStyle={styles.page} keyboardShouldPersistTaps="handled">
      {children}
    </ScrollView>
  );
}

function Tabs({ chosen, onChoose }: { chosen: Tab; onChoose: (tab: Tab) => void }) {
  const theme = useTheme();
  return (
    <View role="tablist" aria-label={text.title} style={styles.tabs}>
      {TABS.map((tab) => (
        <Pressable
          key={tab}
          {...keysOf(() => onChoose(tab))}
          role="tab"
          aria-selected={tab === chosen}
          onPress={() => onChoose(tab)}
          style={[
            styles.tab,
            {
              borderColor: theme.border,
              backgroundColor: tab === chosen ? theme.selected : theme.surface,
            },
          ]}
        >
          <Text style={[styles.tabLabel, { color: theme.text }, tab === chosen && styles.chosen]}>
            {text.tabs[tab]}
          </Text>
        </Pressable>
      ))}
    </View>
  );
}

/** What fails here leaves the rest of the host app alone. */
class Crash extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Notice kind="danger">{text.crashed}</Notice> : this.props.children;
  }
}

const styles = StyleSheet.create({
  screen: { flex: 1 },
  main: { flex: 1, width: "100%", maxWidth: 960, alignSelf: "center" },
  top: { padding: SPACE.l, gap: SPACE.m },
  view: { flex: 1 },
  page: { padding: SPACE.l, paddingTop: 0, gap: SPACE.l },
  tabs: { flexDirection: "row", flexWrap: "wrap", gap: SPACE.s },
  tab: {
    flexGrow: 1,
    minHeight: TARGET,
    paddingHorizontal: SPACE.m,
    borderWidth: 1,
    borderRadius: 10,
    alignItems: "center",
    justifyContent: "center",
  },
  tabLabel: { fontSize: 16, lineHeight: 23 },
  chosen: { fontWeight: "700", textDecorationLine: "underline" },
});
