import type { ReactNode } from "react";
import { Modal, ScrollView, StyleSheet, View } from "react-native";
import { SPACE, useTheme } from "./theme";
import { Heading } from "./Words";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** The buttons; the one that does least comes first. */
  actions: ReactNode;
  /** Not where a list inside scrolls by itself. */
  scrolls?: boolean;
}

/** React Native's own modal: on the web it takes the focus, keeps it, gives it back, and closes by Escape. */
export function Dialog({ title, onClose, children, actions, scrolls = true }: DialogProps) {
  const theme = useTheme();
  return (
    <Modal
      visible
      transparent
      animationType="none"
      onRequestClose={onClose}
      aria-label={title}
    >
      <View style={styles.shade}>
        <View style={[styles.box, { backgroundColor: theme.surface, borderColor: theme.border }]}>
          <Heading level={2}>{title}</Heading>
          {scrolls
            ? (
              <ScrollView contentContainerStyle={styles.content} style={styles.scroll}>
                {children}
              </ScrollView>
            )
            : <View style={[styles.content, styles.scroll]}>{children}</View>}
          <View style={styles.actions}>{actions}</View>
        </View>
      </View>
    </Modal>
  );
}

const styles = StyleSheet.create({
  shade: {
    flex: 1,
    backgroundColor: "rgba(0,0,0,0.55)",
    justifyContent: "center",
    padding: SPACE.l,
  },
  box: {
    width: "100%",
    maxWidth: 560,
    maxHeight: "92%",
    alignSelf: "center",
    borderWidth: 1,
    borderRadius: 14,
    padding: SPACE.l,
    gap: SPACE.m,
  },
  scroll: { flexShrink: 1 },
  content: { gap: SPACE.m },
  actions: { flexDirection: "row", flexWrap: "wrap", justifyContent: "flex-end", gap: SPACE.s },
});
