/** Which sound is being heard now, as an RTP timestamp: from what the browser says of the last frame it played. */

import { after } from "./poses.js";

const PER_MS = 48;
const OLDEST_MS = 300; // while no packets come, the browser says nothing new
const SLOWLY = 0.1;
const FAR = 80 * PER_MS;
const AROUND = 2 ** 32;

export class Heard {
  #ahead = null; // of this computer's clock

  /** @param {RTCRtpReceiver | undefined} receiver of the voice. Null until something was heard. */
  now(receiver) {
    const nowMs = performance.now();
    const counted = nowMs * PER_MS;
    const source = receiver?.getSynchronizationSources()[0];
    if (source?.rtpTimestamp !== undefined) {
      const ageMs = age(source.timestamp, nowMs);
      if (ageMs < OLDEST_MS) this.#follow(source.rtpTimestamp + ageMs * PER_MS - counted);
    }
    return this.#ahead === null ? null : wrapped(counted + this.#ahead);
  }

  /** Slowly, for the report comes in steps of a frame; at once after a gap. */
  #follow(ahead) {
    const off = this.#ahead === null ? Infinity : after(wrapped(ahead), wrapped(this.#ahead));
    this.#ahead = Math.abs(off) > FAR ? ahead : this.#ahead + SLOWLY * off;
  }
}

/** Some browsers count from 1970, some from when the page was opened. */
function age(stampMs, nowMs) {
  const sinceOpened = stampMs > 1e11 ? stampMs - performance.timeOrigin : stampMs;
  return Math.max(0, nowMs - sinceOpened);
}

const wrapped = (count) => ((count % AROUND) + AROUND) % AROUND;
