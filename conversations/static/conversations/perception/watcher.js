/**
 * Looks at the patient's camera on the patient's device, at most ten times a second and with at most a seventh of a
 * core, and tells numbers. Nothing is loaded before `start`; `stop` ends the worker and the looking at once.
 *
 * Events: "noticed" (detail: {face: true, ...numbers of `features.js`, shut, blinks} or {face: false}), "broken".
 */

import { measure } from "./features.js";

const EVERY_MS = 100;
const SHARE_OF_A_CORE = 0.15;
const WIDTH = 320;
const SHUT = 0.6; // of one's usual opening
const SLOWEST_MS = 1000;

export class Watcher extends EventTarget {
  #worker = null;
  #video = null;
  #timer = null;
  #usual = null;
  #shut = false;
  #blinks = 0;
  #cost = 0;

  get on() {
    return this.#worker !== null;
  }

  /** Begin to look at this camera track; again with another track, or after `stop`. */
  async start(track) {
    this.stop();
    const worker = new Worker(new URL("./worker.js", import.meta.url));
    this.#worker = worker;
    this.#video = document.createElement("video");
    Object.assign(this.#video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
    worker.addEventListener("message", ({ data }) => this.#seen(worker, data));
    worker.addEventListener("error", () => this.#broken(worker));
    try {
      await this.#video.play();
    } catch {
      return this.#broken(worker);
    }
    this.#look(worker);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    if (this.#video) this.#video.srcObject = null;
    this.#worker = this.#video = null;
    this.#usual = null;
    this.#blinks = this.#cost = 0;
  }

  async #look(worker) {
    if (worker !== this.#worker) return;
    const video = this.#video;
    if (!video.videoWidth) return this.#again(worker, EVERY_MS);
    const height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
    try {
      const picture = await createImageBitmap(video, { resizeWidth: WIDTH, resizeHeight: height });
      if (worker === this.#worker) worker.postMessage(picture, [picture]);
      else picture.close();
    } catch {
      this.#again(worker, EVERY_MS); // the camera has no picture at this moment
    }
  }

  #again(worker, wait) {
    this.#timer = setTimeout(() => this.#look(worker), wait);
  }

  #seen(worker, { points, spent_ms: spent, broken }) {
    if (worker !== this.#worker) return;
    if (broken) return this.#broken(worker);
    this.#tell(points ? this.#numbers(points) : { face: false });
    this.#again(worker, this.#pause(spent));
  }

  /** How long to rest after a look that took `spent` ms. The first one loads everything and does not count. */
  #pause(spent) {
    this.#cost = this.#cost ? this.#cost + 0.2 * (spent - this.#cost) : 1;
    return Math.min(SLOWEST_MS, Math.max(EVERY_MS, this.#cost / SHARE_OF_A_CORE) - this.#cost);
  }

  #numbers(points) {
    const numbers = measure(points, this.#video.videoWidth / this.#video.videoHeight);
    this.#countBlinks(numbers.eyes);
    return { face: true, ...numbers, shut: this.#shut, blinks: this.#blinks };
  }

  /** Eyes opened again after they were shut. The usual opening follows slowly, shut eyes left out. */
  #countBlinks(eyes) {
    this.#usual ??= eyes;
    const shut = eyes < SHUT * this.#usual;
    if (this.#shut && !shut) this.#blinks += 1;
    this.#shut = shut;
    if (!shut) this.#usual += 0.05 * (eyes - this.#usual);
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("noticed", { detail }));
  }

  #broken(worker) {
    if (worker !== this.#worker) return;
    this.stop();
    this.dispatchEvent(new Event("broken"));
  }
}
