import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

type Frame = [
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: Record<string, unknown>,
];

interface Join {
  config: { private: boolean };
  access_token?: string;
}

/** What Supabase Realtime says over a socket (Phoenix' protocol, version 2), as far as we hear it. */
export class RealtimeServer {
  readonly joins: { topic: string; private: boolean; token: string | undefined }[] = [];
  readonly left: string[] = [];
  /** Whose token may join which topic. */
  allowed = (_token: string | undefined, _topic: string): boolean => true;
  private members = new Map<string, { socket: WebSocket; joinRef: string | null }>();

  private constructor(private readonly server: WebSocketServer) {
    server.on("connection", (socket) => {
      socket.on(
        "message",
        (data: Buffer) => this.hear(socket, JSON.parse(data.toString()) as Frame),
      );
    });
  }

  static async start(port = 0): Promise<RealtimeServer> {
    const server = new WebSocketServer({ host: "127.0.0.1", port });
    await new Promise((resolve) => server.once("listening", resolve));
    return new RealtimeServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** As the database's trigger does. */
  announce(topic: string, payload: Record<string, unknown>, event = "job_changed") {
    const message = { type: "broadcast", event, payload, meta: { id: "1" } };
    this.members.get(topic)?.socket.send(
      JSON.stringify([null, null, topic, "broadcast", message]),
    );
  }

  /** The connection is gone, without a word. */
  drop() {
    this.server.clients.forEach((socket) => socket.terminate());
    this.members.clear();
  }

  /** The channel is closed, as when a token has run out. */
  close(topic: string) {
    const { socket, joinRef } = this.members.get(topic)!;
    this.members.delete(topic);
    socket.send(JSON.stringify([joinRef, null, topic, "phx_close", {}]));
  }

  async stop() {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private hear(socket: WebSocket, [joinRef, ref, topic, event, payload]: Frame) {
    const reply = (status: string, response: Record<string, unknown>) =>
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status, response }]));
    if (event === "phx_join") {
      const asked = payload as unknown as Join;
      const token = asked.access_token;
      this.joins.push({ topic, private: asked.config.private, token });
      if (!this.allowed(token, topic)) {
        reply("error", { reason: "Unauthorized: You do not have permissions to read" });
        return;
      }
      this.members.set(topic, { socket, joinRef });
      reply("ok", { postgres_changes: [] });
      return;
    }
    if (event === "phx_leave") {
      this.left.push(topic);
      this.members.delete(topic);
    }
    if (event !== "access_token") reply("ok", {});
  }
}
