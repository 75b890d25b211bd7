/**
 * Finds the points of one face in pictures, off the page's thread. A classic worker: MediaPipe loads its parts with
 * importScripts. In: an ImageBitmap. Out: {points: Float32Array of x, y, z | null, spent_ms} or {broken: true}.
 * The picture is closed as soon as it has been looked at; nothing is kept and nothing is sent from here.
 */

const FOLDER = new URL("../vendor/face_mesh/", self.location.href).href;

importScripts(`${FOLDER}face_mesh.js`);

const locateFile = (name) => FOLDER + name;
self.createMediapipeSolutionsPackedAssets = { locateFile }; // where its loader looks for the same
const mesh = new self.FaceMesh({ locateFile });
// On the processor: steady on every device, and no shaders to compile while someone is waiting.
mesh.setOptions({ maxNumFaces: 1, refineLandmarks: true, useCpuInference: true });
let points = null;
mesh.onResults(({ multiFaceLandmarks }) => (points = flat(multiFaceLandmarks?.[0])));

self.onmessage = async ({ data: picture }) => {
  const began = performance.now();
  points = null;
  try {
    await mesh.send({ image: picture });
    self.postMessage({ points, spent_ms: performance.now() - began }, points ? [points.buffer] : []);
  } catch {
    self.postMessage({ broken: true });
  } finally {
    picture.close();
  }
};

function flat(landmarks) {
  if (!landmarks) return null;
  const numbers = new Float32Array(3 * landmarks.length);
  landmarks.forEach(({ x, y, z }, index) => numbers.set([x, y, z], 3 * index));
  return numbers;
}
