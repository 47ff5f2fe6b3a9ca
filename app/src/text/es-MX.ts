import { common } from "./common";
import { deliveries } from "./deliveries";
import { reasons } from "./reasons";
import { send } from "./send";
import { templates } from "./templates";

/** The one dictionary; a screen in another language needs another of this type. */
export const text = { ...common, send, deliveries, templates, reasons };
export type Text = typeof text;
