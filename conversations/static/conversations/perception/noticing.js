/**
 * "What I notice": shows the patient what their device reads from the camera, tells the call the same numbers, and
 * stops at once when it is switched off. Only loaded where the patient agreed to it.
 */

import { Watcher } from "./watcher.js";

const SHOW_EVERY_MS = 500;
const AWAY_DEG = 22;
const AWAY_GAZE = 0.28;
const OPEN_MOUTH = 0.3;
const LEANING_DEG = 20;

export class Noticing {
  #watcher;
  #panel;
  #words;
  #track = null;
  #allowed = true; // by the patient's consent, as the call knows it
  #wanted = true;
  #connected = false;
  #shownAt = 0;
  #held = { body: false };

  constructor(panel, words, connection) {
    this.#panel = panel;
    this.#watcher = new Watcher({ posture: "posture" in panel.dataset });
    this.#words = words;
    this.#button.addEventListener("click", () => this.#switch(!this.#wanted));
    const tell = (detail) => this.#connected && connection.send({ type: "perceived", ...rounded(detail) });
    this.#watcher.addEventListener("noticed", ({ detail }) => {
      this.#show(detail);
      tell(detail);
    });
    this.#watcher.addEventListener("held", ({ detail }) => {
      this.#held = detail;
      tell(detail);
    });
    this.#watcher.addEventListener("broken", () => this.#say(words.notice_broken));
    connection.addEventListener("state", ({ detail }) => (this.#connected = detail === "connected"));
    connection.addEventListener("message", ({ detail }) => detail.type === "noticing" && this.#allow(detail.allowed));
    connection.addEventListener("ended", () => this.use(null));
  }

  /** The camera's track, or null while the camera is off. */
  use(track) {
    this.#track = track;
    this.#go();
  }

  get #button() {
    return this.#panel.querySelector("button");
  }

  #switch(wanted) {
    this.#wanted = wanted;
    this.#button.textContent = wanted ? this.#words.notice_stop : this.#words.notice_start;
    this.#go();
  }

  #allow(allowed) {
    this.#allowed = allowed === true;
    this.#button.hidden = !this.#allowed;
    this.#go();
  }

  #go() {
    this.#watcher.stop();
    if (!this.#allowed) return this.#say(this.#words.notice_taken_back);
    if (!this.#wanted) return this.#say(this.#words.notice_off);
    if (!this.#track) return this.#say(this.#words.notice_no_camera);
    this.#say(this.#words.notice_begins);
    this.#shownAt = 0;
    this.#held = { body: false };
    this.#watcher.start(this.#track);
  }

  #show(noticed) {
    const now = performance.now();
    if (now - this.#shownAt < SHOW_EVERY_MS) return;
    this.#shownAt = now;
    this.#say([...said(noticed), ...saidOfPosture(this.#held)].map((key) => this.#words[key]).join(" "));
  }

  #say(text) {
    const line = this.#panel.querySelector("p");
    if (line.textContent !== text) line.textContent = text;
  }
}

/** The names of the sentences that tell what is noticed. */
export function said({ face, shut, yaw, gaze_x: gazeX, mouth }) {
  if (!face) return ["notice_no_face"];
  const away = Math.abs(yaw) > AWAY_DEG || Math.abs(gazeX) > AWAY_GAZE;
  const seen = [shut ? "notice_shut" : away ? "notice_away" : "notice_here"];
  return mouth > OPEN_MOUTH ? [...seen, "notice_open"] : seen;
}

/** The names of the sentences that tell how somebody sits. */
export function saidOfPosture({ body, tilt, chest, belly }) {
  if (!body) return [];
  const held = Math.abs(tilt) > LEANING_DEG ? ["notice_leaning"] : [];
  if (chest) held.push("notice_chest");
  if (belly) held.push("notice_belly");
  return held;
}

function rounded(numbers) {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, typeof value === "number" ? Number(value.toFixed(3)) : value]),
  );
}
