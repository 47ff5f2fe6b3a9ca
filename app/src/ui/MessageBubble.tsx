import { StyleSheet, Text, View } from "react-native";
import type { Rendering } from "../rendering";
import { text } from "../text/es-MX";
import { SPACE, useTheme } from "./theme";

const SIGNS = { IMAGE: "🖼", VIDEO: "🎬", DOCUMENT: "📄", LOCATION: "📍" };

/** A message as WhatsApp shows it: header, text, footer, and its buttons below. */
export function MessageBubble({ message }: { message: Rendering }) {
  const theme = useTheme();
  const color = { color: theme.text };
  return (
    <View role="figure" aria-label={text.send.preview} style={styles.column}>
      <View style={[styles.bubble, { backgroundColor: theme.bubble }]}>
        {message.media === null ? null : (
          <Text style={[styles.body, color]}>
            {`${SIGNS[message.media]} ${text.send.header[message.media]}`}
          </Text>
        )}
        {message.header === null
          ? null
          : <Text style={[styles.header, color]}>{message.header}</Text>}
        <Text style={[styles.body, color]}>{message.body}</Text>
        {message.footer === null
          ? null
          : <Text style={[styles.footer, color]}>{message.footer}</Text>}
      </View>
      {message.buttons.map((label, at) => (
        <View key={at} style={[styles.button, { backgroundColor: theme.bubble }]}>
          <Text style={[styles.label, color]}>{label}</Text>
        </View>
      ))}
    </View>
  );
}

const styles = StyleSheet.create({
  column: { maxWidth: 420, gap: SPACE.xs },
  bubble: { borderRadius: 12, padding: SPACE.m, gap: SPACE.s },
  header: { fontSize: 16, lineHeight: 23, fontWeight: "700" },
  body: { fontSize: 16, lineHeight: 23 },
  footer: { fontSize: 14, lineHeight: 20 },
  button: { borderRadius: 12, padding: SPACE.m, alignItems: "center" },
  label: { fontSize: 16, lineHeight: 23, fontWeight: "600" },
});
