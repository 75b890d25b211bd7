/**
 * The page's half of the connection: one WebSocket for signalling, one peer connection (or a room, `room.js`) for
 * sound, picture and messages. It comes back by itself, to the same call.
 *
 * Events: "message" (detail: what the call says), "pose" (detail: ArrayBuffer), "track" (detail: MediaStreamTrack),
 * "state" (detail: connecting | connected | reconnecting | ended).
 */

const SOCKET_RETRY_MS = [250, 500, 1000, 2000, 4000];
const HELLO_MS = 2000;
const STALLED_MS = 2500;
const UNHEARD_MS = 5000;

export class Connection extends EventTarget {
  #socketUrl;
  #socket = null;
  #peer = null;
  #channel = null;
  #epoch = null;
  #retries = 0;
  #over = false;
  #outbox = [];
  #offered = 0;
  #bytes = 0;
  #moved = 0;

  constructor(path) {
    super();
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.#socketUrl = url;
    this.microphone = null;
    this.picture = null; // sent only while set
    this.drawsFace = false; // whether the face may come as poses: set before `start`
  }

  start() {
    this.#say("state", "connecting");
    this.#openSocket();
    this.hello = setInterval(() => this.#nudge(), HELLO_MS);
    this.watch = setInterval(() => this.#watchMedia(), 1000);
  }

  /** To the call: over the data channel, kept until there is one. */
  send(message) {
    const text = JSON.stringify(message);
    if (this.#channel?.readyState === "open") this.#channel.send(text);
    else this.#outbox.push(text);
  }

  leave() {
    this.send({ type: "leave" });
    this.#signal({ type: "leave" });
  }

  close() {
    this.#over = true;
    clearInterval(this.hello);
    clearInterval(this.watch);
    this.#socket?.close();
    this.#peer?.close();
  }

  async useMicrophone(track) {
    this.microphone = track;
    await this.#replace("audio", track);
  }

  /** What the other side sees of us; null sends nothing. */
  async usePicture(track) {
    this.picture = track;
    await this.#replace("video", track);
  }

  async #replace(kind, track) {
    if (this.#peer && !(this.#peer instanceof RTCPeerConnection)) return this.#peer.replace(kind, track);
    const sender = this.#peer?.getTransceivers().find((one) => one.receiver.track.kind === kind)?.sender;
    await sender?.replaceTrack(track);
  }

  /** Over the socket, where it is known who we are. */
  wish(type) {
    this.#signal({ type });
  }

  get connected() {
    return this.#peer?.connectionState === "connected";
  }

  /** The receiver of the assistant's voice. */
  get voice() {
    return this.#peer?.getReceivers().find((one) => one.track.kind === "audio");
  }

  stats() {
    return this.#peer?.getStats();
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #openSocket() {
    if (this.#over) return;
    const socket = new WebSocket(this.#socketUrl);
    this.#socket = socket;
    socket.addEventListener("open", () => (this.#retries = 0));
    socket.addEventListener("message", (event) => this.#signalled(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      const final = { 4401: "signed_out", 4403: "refused", 4410: "" }[event.code];
      if (final !== undefined) return this.#ended(final);
      if (this.#peer?.connectionState !== "connected") this.#say("state", "reconnecting");
      const wait = SOCKET_RETRY_MS[Math.min(this.#retries++, SOCKET_RETRY_MS.length - 1)];
      setTimeout(() => this.#openSocket(), wait);
    });
  }

  #signal(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** A hint may be lost: ask again while there is no connection. */
  #nudge() {
    if (!this.#over && this.#peer?.connectionState !== "connected") this.#signal({ type: "hello" });
  }

  async #signalled(message) {
    if (message.type === "ready") await this.#ready(message);
    else if (message.type === "answer") await this.#accept(message);
    else if (message.type === "ended") this.#ended(message.reason);
    else this.#say("message", message);
  }

  async #ready({ epoch, ice, room }) {
    if (epoch === this.#epoch && !this.#mustOffer()) return;
    this.#epoch = epoch;
    await (room ? this.#enter(room) : this.#offer(ice));
  }

  /** The clinic has a media server of its own, and the call is in a room there. */
  async #enter(room) {
    const { RoomPeer } = await import("./room.js");
    this.#peer?.close();
    const peer = new RoomPeer();
    this.#peer = peer;
    this.#offered = performance.now();
    this.#moved = performance.now();
    this.#open(peer.channel);
    peer.addEventListener("track", ({ detail }) => this.#say("track", detail));
    peer.addEventListener("connectionstatechange", () => this.#changed(peer));
    await peer.enter(room, this.microphone, this.picture);
  }

  /** The connection is gone, or an offer went unheard. */
  #mustOffer() {
    const state = this.#peer?.connectionState ?? "closed";
    if (["failed", "closed", "disconnected"].includes(state)) return true;
    return state !== "connected" && performance.now() - this.#offered > UNHEARD_MS;
  }

  async #offer(iceServers) {
    this.#peer?.close();
    const peer = new RTCPeerConnection({ iceServers });
    this.#peer = peer;
    this.#offered = performance.now();
    this.#moved = performance.now();
    peer.addTransceiver(this.microphone ?? "audio", { direction: "sendrecv" });
    peer.addTransceiver(this.picture ?? "video", { direction: "sendrecv" });
    this.#open(peer.createDataChannel("call"));
    if (this.drawsFace) this.#openPoses(peer);
    peer.addEventListener("track", ({ track }) => this.#say("track", track));
    peer.addEventListener("connectionstatechange", () => this.#changed(peer));
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    if (peer === this.#peer) this.#signal({ type: "offer", sdp: peer.localDescription.sdp });
  }

  async #accept({ sdp }) {
    if (this.#peer?.signalingState !== "have-local-offer") return;
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
  }

  #open(channel) {
    this.#channel = channel;
    channel.addEventListener("open", () => {
      for (const text of this.#outbox.splice(0)) channel.send(text);
    });
    channel.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "ended") this.#ended(message.reason);
      else this.#say("message", message);
    });
  }

  /** The newest counts: what is lost or late is not sent again. */
  #openPoses(peer) {
    const channel = peer.createDataChannel("poses", { ordered: false, maxRetransmits: 0 });
    channel.binaryType = "arraybuffer";
    channel.addEventListener("message", ({ data }) => peer === this.#peer && this.#say("pose", data));
  }

  #changed(peer) {
    if (peer !== this.#peer || this.#over) return;
    if (peer.connectionState === "connected") this.#say("state", "connected");
    if (["failed", "disconnected", "closed"].includes(peer.connectionState)) this.#restore();
  }

  /** The sound stops coming long before ICE notices: a dead process is seen here. */
  async #watchMedia() {
    const peer = this.#peer;
    if (this.#over || peer?.connectionState !== "connected") return;
    let bytes = 0;
    for (const report of (await peer.getStats()).values())
      if (report.type === "inbound-rtp") bytes += report.bytesReceived;
    const now = performance.now();
    if (bytes !== this.#bytes) this.#moved = now;
    this.#bytes = bytes;
    if (now - this.#moved > STALLED_MS) {
      this.#moved = now;
      peer.close();
      this.#restore();
    }
  }

  #restore() {
    this.#say("state", "reconnecting");
    this.#signal({ type: "hello" });
  }

  #ended(reason) {
    if (this.#over) return;
    this.close();
    this.#say("state", "ended");
    this.#say("ended", reason ?? "");
  }
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => peer.iceGatheringState === "complete" && resolve();
    peer.addEventListener("icegatheringstatechange", done);
    setTimeout(resolve, 1500);
  });
}
