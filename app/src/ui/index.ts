export { Dialog } from "./Dialog";
export { Field } from "./Field";
export { MessageBubble } from "./MessageBubble";
export { Card, Loading, Notice, ProgressBar } from "./Panel";
export { type Option, Picker } from "./Picker";
export { Button, Chip, Choice } from "./Press";
export { ProblemNotice } from "./ProblemNotice";
export { SPACE, TARGET, type Theme, useTheme } from "./theme";
export { Heading, Words } from "./Words";
