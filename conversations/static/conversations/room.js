/**
 * The call through a room of the clinic's LiveKit server, with as much of an RTCPeerConnection as `connection.js` asks for.
 *
 * Events: "track" (detail: MediaStreamTrack), "connectionstatechange". `channel` is the data channel's stand-in.
 */

import { Room, RoomEvent, Track } from "./vendor/livekit/livekit-client.js";

const ASSISTANT = "assistant";
const TOPIC = "call";
const STATES = { connected: "connected", connecting: "connecting", disconnected: "disconnected" };

export class RoomPeer extends EventTarget {
  // Two connections, as every version of the server knows them; one is newer, and tried first otherwise.
  #room = new Room({ stopLocalTrackOnUnpublish: false, singlePeerConnection: false });
  #published = { audio: null, video: null };
  #tracks = new Set();
  #closed = false;
  channel = new RoomChannel(this.#room);

  constructor() {
    super();
    this.#room.on(RoomEvent.TrackSubscribed, (track, _, who) => this.#subscribed(track, who));
    this.#room.on(RoomEvent.TrackUnsubscribed, (track) => this.#tracks.delete(track));
    this.#room.on(RoomEvent.ConnectionStateChanged, () => this.#changed());
  }

  /** Join, and publish what there is. A room that cannot be joined leaves the state at "closed". */
  async enter({ url, token }, microphone, picture) {
    try {
      await this.#room.connect(url, token);
      await this.replace("audio", microphone);
      await this.replace("video", picture);
      this.channel.open();
    } catch {
      this.close();
    }
    this.#changed();
  }

  get connectionState() {
    if (this.#closed) return "closed";
    if (!this.channel.isOpen) return "connecting";
    return STATES[this.#room.state] ?? "connecting";
  }

  /** What the other side hears or sees of us; null sends nothing. */
  async replace(kind, track) {
    const before = this.#published[kind];
    if (before === track || this.#room.state !== "connected") return;
    this.#published[kind] = track;
    const us = this.#room.localParticipant;
    if (before) await us.unpublishTrack(before, false);
    const source = kind === "audio" ? Track.Source.Microphone : Track.Source.Camera;
    if (track) await us.publishTrack(track, { source, dtx: false, simulcast: false, videoCodec: "vp8" });
  }

  getReceivers() {
    return [...this.#tracks].map((one) => one.receiver).filter(Boolean);
  }

  async getStats() {
    const reports = await Promise.all(this.getReceivers().map((one) => one.getStats()));
    return new Map(reports.flatMap((one) => [...one]));
  }

  close() {
    this.#closed = true;
    this.#room.disconnect(false);
  }

  #subscribed(track, who) {
    if (who.identity !== ASSISTANT) return;
    this.#tracks.add(track);
    this.dispatchEvent(new CustomEvent("track", { detail: track.mediaStreamTrack }));
  }

  #changed() {
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

/** As much of an RTCDataChannel as is needed. */
class RoomChannel extends EventTarget {
  #room;
  isOpen = false;

  constructor(room) {
    super();
    this.#room = room;
    room.on(RoomEvent.DataReceived, (payload, who, _, topic) => {
      if (topic !== TOPIC || who?.identity !== ASSISTANT) return;
      this.dispatchEvent(new MessageEvent("message", { data: new TextDecoder().decode(payload) }));
    });
  }

  get readyState() {
    return this.isOpen && this.#room.state === "connected" ? "open" : "closed";
  }

  /** The call keeps what it has to say until it has heard from us. */
  open() {
    this.isOpen = true;
    this.send('{"type":"here"}');
    this.dispatchEvent(new Event("open"));
  }

  send(text) {
    const sending = this.#room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true, topic: TOPIC });
    sending.catch(() => {}); // the room is being left, or joined anew
  }
}
