/** What this browser measures of the connection, told to the call every ten seconds: numbers only. */

const EVERY_MS = 10_000;
const LISTEN_EVERY_MS = 10;
const GIVE_UP_MS = 3_000;
const AUDIBLE = 0.003; // of full scale

let roundTripMs = 0;

export function measure(connection) {
  let before = null;
  return setInterval(async () => {
    const stats = await connection.stats();
    if (!stats) return;
    const now = take(stats);
    roundTripMs = milliseconds(now.roundTrip) ?? 0;
    if (before && now.received >= before.received) connection.send({ type: "stats", report: compare(before, now) });
    before = now;
  }, EVERY_MS);
}

/**
 * The call has just sent its first sound of a turn, and this message beside it: how much later is it heard here? Both
 * took half a round trip to come; what is measured on top is the wait in the browser's jitter buffer.
 */
export function hearFirstSound(connection, turn) {
  const began = performance.now();
  const timer = setInterval(() => {
    const waited = performance.now() - began;
    const level = connection.voice?.getSynchronizationSources()[0]?.audioLevel ?? 0;
    if (level > AUDIBLE) connection.send({ type: "heard", turn, after_ms: roundTripMs / 2 + waited });
    if (level > AUDIBLE || waited > GIVE_UP_MS) clearInterval(timer);
  }, LISTEN_EVERY_MS);
}

function take(stats) {
  const reports = [...stats.values()];
  const inbound = (kind) => reports.find((one) => one.type === "inbound-rtp" && one.kind === kind) ?? {};
  const audio = inbound("audio");
  const video = inbound("video");
  const pair = reports.find((one) => one.type === "candidate-pair" && one.nominated && one.state === "succeeded") ?? {};
  return {
    received: audio.packetsReceived ?? 0,
    lost: audio.packetsLost ?? 0,
    samples: audio.totalSamplesReceived ?? 0,
    concealed: audio.concealedSamples ?? 0,
    silent: audio.silentConcealedSamples ?? 0,
    frozen: (video.totalFreezesDuration ?? 0) * 1000,
    jitter: audio.jitter,
    frames: video.framesPerSecond,
    roundTrip: pair.currentRoundTripTime,
    offset: difference(audio.estimatedPlayoutTimestamp, video.estimatedPlayoutTimestamp),
  };
}

function compare(before, now) {
  const lost = now.lost - before.lost;
  const invented = now.concealed - now.silent - (before.concealed - before.silent);
  return {
    round_trip_ms: milliseconds(now.roundTrip),
    jitter_ms: milliseconds(now.jitter),
    lost_share: share(lost, lost + now.received - before.received),
    concealed_share: share(invented, now.samples - before.samples),
    frozen_ms: now.frozen - before.frozen,
    frames_per_s: now.frames ?? null,
    offset_ms: now.offset,
  };
}

const milliseconds = (seconds) => (seconds === undefined ? null : seconds * 1000);
const share = (part, whole) => (whole > 0 ? Math.min(1, Math.max(0, part / whole)) : null);
const difference = (sound, picture) => (sound && picture ? sound - picture : null);
