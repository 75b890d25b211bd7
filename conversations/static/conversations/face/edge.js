/**
 * The assistant's face, drawn here instead of sent as video: a few hundred bytes a second, and no work for the server.
 *
 * The server's video goes on until this page says that it can draw, and comes back when it cannot any more: nothing
 * was drawn for two seconds, or too slowly (docs/decisions/0056).
 */

import { Heard } from "./clock.js";
import { Kit } from "./kit.js";
import { after, Poses, read } from "./poses.js";

const PATIENCE_MS = 2000;
const SLOWEST_PER_S = 12;
const STALE = 48_000; // a second after the last pose that was told, the face does not count as drawn any more
const LARGEST = 1080;
const REST = { breath: 0.5 };

export class EdgeFace {
  #canvas;
  #connection;
  #poses = new Poses();
  #heard = new Heard();
  #kit = null;
  #drawing = null;
  #surface = null;
  #size = 0;
  #wanted = false;
  #since = 0; // the beginning of the seconds that are being judged
  #drawn = 0;
  #frame = 0;

  constructor(canvas, connection) {
    this.#canvas = canvas;
    this.#connection = connection;
    connection.addEventListener("pose", ({ detail }) => this.#take(detail));
    connection.addEventListener("state", ({ detail }) => detail === "connected" && this.#wanted && this.#begin());
    connection.addEventListener("ended", () => this.stop());
    document.addEventListener("visibilitychange", () => this.#judgeAnew());
    canvas.addEventListener("webglcontextlost", () => this.#giveUp());
  }

  /** Load what is needed and draw once. False if this device cannot; then nothing has changed. */
  async start() {
    this.#wanted = true;
    try {
      this.#kit ??= await Kit.load();
      this.#drawing ??= await this.#kit.drawing(this.#canvas.dataset.folder);
      this.#draw(Object.fromEntries(this.#drawing.parts.map((part) => [part, REST[part] ?? 0])));
    } catch {
      this.#wanted = false;
      return false;
    }
    if (this.#connection.connected && this.#wanted) this.#begin();
    return true;
  }

  /** Back to the server's video. */
  stop() {
    if (!this.#wanted) return;
    this.#wanted = false;
    cancelAnimationFrame(this.#frame);
    this.#canvas.hidden = true;
    this.#connection.send({ type: "face", drawn: false });
  }

  #begin() {
    this.#poses = new Poses();
    this.#heard = new Heard();
    this.#connection.send({ type: "face", drawn: true });
    this.#judgeAnew();
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#next());
  }

  #take(buffer) {
    const packet = this.#drawing && read(buffer, this.#drawing.parts);
    if (packet) this.#poses.take(packet);
  }

  #next() {
    if (!this.#wanted) return;
    this.#frame = requestAnimationFrame(() => this.#next());
    const { latest } = this.#poses;
    const moment = this.#heard.now(this.#connection.voice) ?? latest;
    try {
      if (latest !== null && after(moment, latest) < STALE) this.#show(this.#poses.at(moment), after(latest, moment));
      this.#judge();
    } catch {
      this.#giveUp();
    }
  }

  /** `ahead`: how long before it is heard the newest pose has come. */
  #show(pose, ahead) {
    this.#draw(pose);
    this.#drawn += 1;
    this.#canvas.hidden = false;
    this.#canvas.dataset.aheadMs = Math.round(ahead / 48);
  }

  #draw(pose) {
    this.#fit();
    this.#drawing.draw(this.#surface.getCanvas(), pose, this.#size);
    this.#surface.flush();
  }

  /** As many pixels as are seen. The canvas keeps its first size: a new surface would need a new canvas. */
  #fit() {
    if (this.#surface) return;
    const box = this.#canvas.parentElement.getBoundingClientRect();
    const seen = Math.max(box.width, box.height) * devicePixelRatio;
    this.#size = Math.min(LARGEST, Math.max(360, Math.round(seen)));
    this.#canvas.width = this.#canvas.height = this.#size;
    this.#surface = this.#kit.surface(this.#canvas);
    if (!this.#surface) throw new Error("no surface to draw on");
  }

  #judgeAnew() {
    this.#since = performance.now();
    this.#drawn = 0;
  }

  /** A page that is not seen is not drawn either, and that is nobody's fault. */
  #judge() {
    const passedMs = performance.now() - this.#since;
    if (document.hidden || passedMs < PATIENCE_MS) return;
    if (this.#drawn < (SLOWEST_PER_S * passedMs) / 1000) return this.#giveUp();
    this.#judgeAnew();
  }

  #giveUp() {
    this.stop();
    this.#canvas.dispatchEvent(new Event("gave-up"));
  }
}
