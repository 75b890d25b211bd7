/** Microphone and camera: asked for apart, so that one missing never costs the other. */

export async function microphone() {
  const constraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
  return stream.getAudioTracks()[0];
}

/** The picture is sent only where somebody of the care team is on the other side: never to the assistant. */
export async function camera() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 480, facingMode: "user" } });
  return stream.getVideoTracks()[0];
}

/** Calls `show` with the loudness (0 to 1) ten times a second until the returned function is called. */
export function watchLevel(track, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    show(Math.min(1, Math.sqrt(power) * 6));
  }, 100);
  return () => {
    clearInterval(timer);
    context.close();
  };
}
