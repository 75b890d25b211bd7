/**
 * Reads the packets of `conversations/live/pose_packets.py`, keeps them in order, and tells the pose of a moment. Pure.
 * Times are RTP timestamps of the call's voice: 48,000 a second, modulo 2^32.
 */

const VERSION = 1;
const STEP = 1920; // 40 ms
const HEAD = 6;
const KEPT = 64;
const AROUND = 2 ** 32;

/** How far `a` is after `b`; negative if it is before. */
export const after = (a, b) => {
  const ahead = (((a - b) % AROUND) + AROUND) % AROUND;
  return ahead < AROUND / 2 ? ahead : ahead - AROUND;
};

/** @returns {{timestamp: number, poses: Object<string, number>[]} | null} null for what is no packet of ours */
export function read(buffer, parts) {
  const view = new DataView(buffer);
  if (view.byteLength < HEAD + parts.length || view.getUint8(0) !== VERSION) return null;
  const count = view.getUint8(1);
  const numbers = parts.map((_, index) => view.getInt8(HEAD + index));
  const poses = [pose(numbers, parts)];
  let place = HEAD + parts.length;
  while (poses.length < count) {
    if (place + 3 > view.byteLength) return null;
    const changed = (view.getUint8(place) << 16) | view.getUint16(place + 1);
    place += 3;
    for (let index = 0; index < parts.length; index++) {
      if (!((changed >> index) & 1)) continue;
      if (place >= view.byteLength) return null;
      numbers[index] = view.getInt8(place++);
    }
    poses.push(pose(numbers, parts));
  }
  return { timestamp: view.getUint32(2), poses };
}

function pose(numbers, parts) {
  return Object.fromEntries(parts.map((part, index) => [part, numbers[index] / (part === "roll_deg" ? 20 : 100)]));
}

export class Poses {
  #known = []; // {at, pose}, in order
  #told = null;

  /** A packet replaces what earlier ones said of the time from its first pose on; one that was overtaken, nothing. */
  take({ timestamp, poses }) {
    if (this.#told !== null && after(timestamp, this.#told) < 0) return;
    this.#told = timestamp;
    this.#known = this.#known.filter((one) => after(one.at, timestamp) < 0);
    poses.forEach((pose, index) => this.#known.push({ at: (timestamp + index * STEP) % AROUND, pose }));
    this.#known.splice(0, Math.max(0, this.#known.length - KEPT));
  }

  /** The newest moment that is known of; null before there is one. */
  get latest() {
    return this.#known.at(-1)?.at ?? null;
  }

  /** Between the two poses around a moment; the nearest one outside of what is known. */
  at(moment) {
    const next = this.#known.findIndex((one) => after(one.at, moment) > 0);
    if (next < 0) return this.#known.at(-1)?.pose ?? null;
    if (next === 0) return this.#known[0].pose;
    const [before, then] = [this.#known[next - 1], this.#known[next]];
    const share = after(moment, before.at) / after(then.at, before.at);
    const mixed = {};
    for (const part in then.pose) mixed[part] = before.pose[part] + (then.pose[part] - before.pose[part]) * share;
    return mixed;
  }
}
