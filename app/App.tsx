// A host as small as can be, for trying the module: whoever is listed in /config.json signs in by a click.
import { createClient, type Session, type SupabaseClient } from "@supabase/supabase-js";
import { useEffect, useMemo, useState } from "react";
import { Text, View } from "react-native";
import { edgeMessagingApi, MessagingScreen, type Storage } from "./src";
import { Button, Heading, Notice, useTheme } from "./src/ui";

interface User {
  label: string;
  email: string;
  password: string;
  campaignId: string;
}
interface Config {
  supabaseUrl: string;
  publishableKey: string;
  users: User[];
}

const memory = new Map<string, string>();
const storage: Storage = typeof localStorage === "undefined"
  ? {
    getItem: (key) => memory.get(key) ?? null,
    setItem: (key, value) => void memory.set(key, value),
    removeItem: (key) => void memory.delete(key),
  }
  : localStorage;

export default function App() {
  const [config, setConfig] = useState<Config | null>(null);
  useEffect(() => {
    void fetch("/config.json")
      .then((answer) => answer.json())
      .then(setConfig);
  }, []);
  return config === null ? null : <Host config={config} />;
}

function Host({ config }: { config: Config }) {
  const theme = useTheme();
  const supabase = useMemo(() => createClient(config.supabaseUrl, config.publishableKey), [config]);
  const session = useSession(supabase);
  const user = config.users.find((each) => each.email === session?.user.email);
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      {session && user
        ? <SignedIn supabase={supabase} user={user} userId={session.user.id} />
        : <SignIn supabase={supabase} users={config.users} />}
    </View>
  );
}

function useSession(supabase: SupabaseClient): Session | null {
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((_, now) => setSession(now));
    return () => data.subscription.unsubscribe();
  }, [supabase]);
  return session;
}

function SignedIn(
  { supabase, user, userId }: { supabase: SupabaseClient; user: User; userId: string },
) {
  const theme = useTheme();
  const api = useMemo(() => edgeMessagingApi(supabase), [supabase]);
  return (
    <>
      <View
        role="banner"
        style={{ flexDirection: "row", flexWrap: "wrap", gap: 8, padding: 8, alignItems: "center" }}
      >
        <Text style={{ color: theme.text, fontSize: 16, flexGrow: 1 }}>{user.label}</Text>
        <Button label="Salir" onPress={() => void supabase.auth.signOut({ scope: "local" })} />
      </View>
      <MessagingScreen api={api} campaignId={user.campaignId} userId={userId} storage={storage} />
    </>
  );
}

function SignIn({ supabase, users }: { supabase: SupabaseClient; users: User[] }) {
  const [failure, setFailure] = useState<string | null>(null);
  const signIn = async ({ email, password }: User) => {
    const { error } = await supabase.auth.signInWithPassword({ email, password });
    setFailure(error?.message ?? null);
  };
  return (
    <View
      role="main"
      style={{ padding: 24, gap: 12, maxWidth: 480, width: "100%", alignSelf: "center" }}
    >
      <Heading level={1}>CampaignPro</Heading>
      {users.map((user) => (
        <Button
          key={user.email}
          label={user.label}
          onPress={() => void signIn(user)}
        />
      ))}
      {failure === null ? null : <Notice kind="danger">{failure}</Notice>}
    </View>
  );
}
