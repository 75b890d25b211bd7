/**
 * Looks at the patient's camera on the patient's device, at the face at most ten times a second and at how they sit at
 * most four times, together with at most a seventh of a core, and tells numbers. Nothing is loaded before `start`;
 * `stop` ends the workers and the looking at once.
 *
 * Events: "noticed" (detail: {face: true, ...numbers of `features.js`, shut, blinks} or {face: false}), "held" (detail:
 * {body: true, ...numbers of `posture.js`} or {body: false}), "broken". A device that can do the face only, does that.
 */

import { measure } from "./features.js";
import { Finder } from "./finder.js";
import { hold } from "./posture.js";

const SHUT = 0.6; // of one's usual opening

export class Watcher extends EventTarget {
  #face;
  #body = null;
  #video = null;
  #bodyOf = null; // the video whose body is looked at, or has been tried
  #usual = null;
  #shut = false;
  #blinks = 0;

  /** @param {{posture?: boolean}} wishes whether to look at how they sit, too: its model is 12 MB more */
  constructor({ posture = false } = {}) {
    super();
    this.#face = new Finder("face", 100, posture ? 0.1 : 0.15);
    this.#face.addEventListener("found", ({ detail }) => this.#seen(detail));
    this.#face.addEventListener("broken", () => this.#broken());
    if (!posture) return;
    this.#body = new Finder("body", 250, 0.05);
    this.#body.addEventListener("found", ({ detail }) => this.#tell("held", hold(detail, this.#aspect)));
  }

  get on() {
    return this.#video !== null;
  }

  /** Begin to look at this camera track; again with another track, or after `stop`. */
  async start(track) {
    this.stop();
    const video = document.createElement("video");
    this.#video = video;
    Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
    try {
      await video.play();
    } catch {
      return video === this.#video && this.#broken();
    }
    if (video === this.#video) this.#face.start(video);
  }

  stop() {
    this.#face.stop();
    this.#body?.stop();
    if (this.#video) this.#video.srcObject = null;
    this.#video = this.#bodyOf = null;
    this.#usual = null;
    this.#blinks = 0;
  }

  get #aspect() {
    return this.#video.videoWidth / this.#video.videoHeight;
  }

  #seen(points) {
    this.#tell("noticed", points ? this.#numbers(points) : { face: false });
    if (this.on && this.#body && this.#bodyOf !== this.#video) this.#beginBody();
  }

  /** The body's model is loaded once the face has been looked at: a slow device does one after the other. */
  #beginBody() {
    this.#bodyOf = this.#video;
    this.#body.start(this.#video);
  }

  #numbers(points) {
    const numbers = measure(points, this.#aspect);
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

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  #broken() {
    this.stop();
    this.#tell("broken");
  }
}
