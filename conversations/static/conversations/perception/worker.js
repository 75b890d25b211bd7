/**
 * Finds the points of one face, or of one body, in pictures, off the page's thread. Its name says which: "face" or
 * "body". A classic worker: MediaPipe loads its parts with importScripts. In: an ImageBitmap. Out: {points:
 * Float32Array of x, y, z (and, of a body, visibility) | null, spent_ms} or {broken: true}.
 * The picture is closed as soon as it has been looked at; nothing is kept and nothing is sent from here.
 */

const SOLUTIONS = {
  face: {
    folder: "face_mesh",
    made: (config) => new self.FaceMesh(config),
    options: { maxNumFaces: 1, refineLandmarks: true },
    found: ({ multiFaceLandmarks }) => multiFaceLandmarks?.[0],
    parts: ["x", "y", "z"],
  },
  body: {
    folder: "pose",
    made: (config) => new self.Pose(config),
    options: { modelComplexity: 0, smoothLandmarks: false, enableSegmentation: false },
    found: ({ poseLandmarks }) => poseLandmarks,
    parts: ["x", "y", "z", "visibility"],
  },
};

const solution = SOLUTIONS[self.name];
const folder = new URL(`../vendor/${solution.folder}/`, self.location.href).href;

importScripts(`${folder}${solution.folder}.js`);

const locateFile = (name) => folder + name;
self.createMediapipeSolutionsPackedAssets = { locateFile }; // where its loader looks for the same
const finder = solution.made({ locateFile });
// On the processor: steady on every device, and no shaders to compile while someone is waiting.
finder.setOptions({ ...solution.options, useCpuInference: true });
let points = null;
finder.onResults((results) => (points = flat(solution.found(results))));

self.onmessage = async ({ data: picture }) => {
  const began = performance.now();
  points = null;
  try {
    await finder.send({ image: picture });
    self.postMessage({ points, spent_ms: performance.now() - began }, points ? [points.buffer] : []);
  } catch {
    self.postMessage({ broken: true });
  } finally {
    picture.close();
  }
};

function flat(landmarks) {
  if (!landmarks) return null;
  return Float32Array.from(landmarks.flatMap((landmark) => solution.parts.map((part) => landmark[part])));
}
