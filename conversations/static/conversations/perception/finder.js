/**
 * Shows pictures of a camera to a worker, one after the other, within a share of a core; tells the points it finds.
 *
 * Events: "found" (detail: Float32Array or null), "broken".
 */

const WIDTH = 320;
const SLOWEST_MS = 1000;
const NO_PICTURE_MS = 100;

export class Finder extends EventTarget {
  #kind;
  #everyMs;
  #share;
  #worker = null;
  #video = null;
  #timer = null;
  #cost = 0;

  /** @param {"face" | "body"} kind  @param {number} everyMs at most  @param {number} share of a core, at most */
  constructor(kind, everyMs, share) {
    super();
    this.#kind = kind;
    this.#everyMs = everyMs;
    this.#share = share;
  }

  get on() {
    return this.#worker !== null;
  }

  /** Begin to look at a video element that plays. */
  start(video) {
    this.stop();
    const worker = new Worker(new URL("./worker.js", import.meta.url), { name: this.#kind });
    this.#worker = worker;
    this.#video = video;
    worker.addEventListener("message", ({ data }) => this.#answered(worker, data));
    worker.addEventListener("error", () => this.#broken(worker));
    this.#look(worker);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = this.#video = null;
    this.#cost = 0;
  }

  async #look(worker) {
    if (worker !== this.#worker) return;
    const video = this.#video;
    if (!video.videoWidth) return this.#again(worker, NO_PICTURE_MS);
    const height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
    try {
      const picture = await createImageBitmap(video, { resizeWidth: WIDTH, resizeHeight: height });
      if (worker === this.#worker) worker.postMessage(picture, [picture]);
      else picture.close();
    } catch {
      this.#again(worker, NO_PICTURE_MS); // the camera has no picture at this moment
    }
  }

  #again(worker, wait) {
    this.#timer = setTimeout(() => this.#look(worker), wait);
  }

  #answered(worker, { points, spent_ms: spent, broken }) {
    if (worker !== this.#worker) return;
    if (broken) return this.#broken(worker);
    this.dispatchEvent(new CustomEvent("found", { detail: points }));
    if (worker === this.#worker) this.#again(worker, this.#pause(spent));
  }

  /** How long to rest after a look that took `spent` ms. The first one loads everything and does not count. */
  #pause(spent) {
    this.#cost = this.#cost ? this.#cost + 0.2 * (spent - this.#cost) : 1;
    return Math.min(SLOWEST_MS, Math.max(this.#everyMs, this.#cost / this.#share) - this.#cost);
  }

  #broken(worker) {
    if (worker !== this.#worker) return;
    this.stop();
    this.dispatchEvent(new Event("broken"));
  }
}
