import { useMemo, useState } from "react";
import { FlatList, StyleSheet, View } from "react-native";
import { text } from "../text/es-MX";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Button, Choice } from "./Press";
import { SPACE } from "./theme";
import { Words } from "./Words";

export interface Option {
  value: string;
  label: string;
  detail?: string;
}

interface PickerProps {
  /** What is chosen here, as «Secciones». */
  title: string;
  options: readonly Option[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

/** Any of many: opens a list with a search, for a row of chips ends at a dozen. */
export function Picker({ title, options, chosen, onChange }: PickerProps) {
  const [open, setOpen] = useState(false);
  const words = chosen.length === 0 ? title : `${title}: ${text.selected(chosen.length)}`;
  return (
    <>
      <Button label={words} onPress={() => setOpen(true)} disabled={options.length === 0} />
      {open
        ? (
          <PickerDialog
            title={title}
            options={options}
            chosen={chosen}
            onChange={onChange}
            onClose={() => setOpen(false)}
          />
        )
        : null}
    </>
  );
}

function PickerDialog(
  { title, options, chosen, onChange, onClose }: PickerProps & { onClose: () => void },
) {
  const [search, setSearch] = useState("");
  const shown = useMemo(() => {
    const sought = plain(search);
    return options.filter((option) => plain(option.label).includes(sought));
  }, [options, search]);
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      scrolls={false}
      actions={
        <>
          <Button label={text.clear} onPress={() => onChange([])} disabled={chosen.length === 0} />
          <Button label={text.done} kind="primary" onPress={onClose} />
        </>
      }
    >
      <Field label={text.search} value={search} onChange={setSearch} autoCapitalize="none" />
      <Words tone="muted" live="polite">
        {shown.length === 0 ? text.noMatches : text.selected(chosen.length)}
      </Words>
      <FlatList
        data={shown}
        extraData={chosen}
        keyExtractor={(option) => option.value}
        initialNumToRender={12}
        style={styles.list}
        keyboardShouldPersistTaps="handled"
        renderItem={({ item }) => (
          <View style={styles.row}>
            <Choice
              label={item.label}
              {...(item.detail === undefined ? {} : { detail: item.detail })}
              checked={chosen.includes(item.value)}
              onPress={() => toggle(item.value)}
            />
          </View>
        )}
      />
    </Dialog>
  );
}

/** Without accents and case: «Peña» is found by «pena». */
function plain(value: string): string {
  return value.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

const styles = StyleSheet.create({
  list: { maxHeight: 360 },
  row: { paddingBottom: SPACE.s },
});
