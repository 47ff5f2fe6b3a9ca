import { Platform } from "react-native";
import type { MediaFile, MediaKind } from "../api/messagingApi";

/** Lets the person choose a file; null: they chose none. */
export type PickFile = (kind: MediaKind) => Promise<MediaFile | null>;

// What WhatsApp shows and Meta takes as a sample.
const ACCEPTED = { IMAGE: "image/jpeg,image/png", VIDEO: "video/mp4", DOCUMENT: "application/pdf" };

/** The browser's own picker; on a phone the host brings one (React Native has none). */
export const browserPickFile: PickFile | undefined = Platform.OS === "web"
  ? (kind) =>
    new Promise((resolve) => {
      const input = document.createElement("input");
      input.type = "file";
      input.accept = ACCEPTED[kind];
      input.addEventListener("cancel", () => resolve(null));
      input.addEventListener("change", () => {
        const file = input.files?.[0];
        resolve(file === undefined ? null : { name: file.name, type: file.type, body: file });
      });
      input.click();
    })
  : undefined;
