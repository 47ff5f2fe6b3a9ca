export { edgeMessagingApi } from "./api/edge";
export type { MessagingApi } from "./api/messagingApi";
export { Problem } from "./api/problem";
export { watchJobs } from "./api/realtime";
export type { Storage } from "./messaging";
export { MessagingScreen, type MessagingScreenProps } from "./MessagingScreen";
