/**
 * Numbers read from the 478 points of MediaPipe's face mesh. Pure. Nothing here knows who it is or what it means:
 * each is a length or an angle of the face, and only the patient's own usual value makes it high or low.
 *
 * Lengths are shares of the distance between the outer corners of the eyes, so that neither camera nor distance counts.
 * Points: https://github.com/google-ai-edge/mediapipe/blob/master/mediapipe/modules/face_geometry/data
 */

const POINT = {
  rightEye: { outer: 33, inner: 133, upper: [160, 158], lower: [144, 153], iris: 468 },
  leftEye: { outer: 263, inner: 362, upper: [387, 385], lower: [373, 380], iris: 473 },
  brows: { inner: [55, 285], middle: [105, 334] },
  lips: { top: 0, innerTop: 13, innerBottom: 14, bottom: 17, corners: [61, 291], innerCorners: [78, 308] },
  noseBase: 2,
  forehead: 10,
  chin: 152,
  cheeks: [234, 454],
};

/**
 * @param {Float32Array} points x, y, z of each point as shares of the picture (z in widths, towards the camera negative)
 * @param {number} aspect width of the picture through its height
 * @returns the numbers of one moment (see `docs/explanation/perception.md`)
 */
export function measure(points, aspect) {
  const at = (index) => [points[3 * index] * aspect, points[3 * index + 1], points[3 * index + 2] * aspect];
  const eyes = [POINT.rightEye, POINT.leftEye];
  const scale = distance(at(POINT.rightEye.outer), at(POINT.leftEye.outer));
  const length = (from, to) => distance(at(from), at(to)) / scale;
  const { lips, brows } = POINT;
  const gaze = eyes.map((eye) => gazeOf(eye, at));
  return {
    eyes: mean(eyes.map((eye) => opening(eye, at))),
    gaze_x: mean(gaze.map(([x]) => x)),
    gaze_y: mean(gaze.map(([, y]) => y)),
    ...headPose(at),
    mouth: length(lips.innerTop, lips.innerBottom) / length(...lips.innerCorners),
    smile: length(...lips.corners),
    lips: length(lips.top, lips.innerTop) + length(lips.innerBottom, lips.bottom),
    upper_lip: length(POINT.noseBase, lips.top),
    brow: mean([length(brows.inner[0], POINT.rightEye.inner), length(brows.inner[1], POINT.leftEye.inner)]),
    brow_gap: length(...brows.inner),
    size: scale / aspect,
  };
}

/** Eye aspect ratio: height of the opening through its width (Soukupová and Čech, 2016, CVWW). */
function opening({ outer, inner, upper, lower }, at) {
  const heights = upper.map((top, index) => distance(at(top), at(lower[index])));
  return mean(heights) / distance(at(outer), at(inner));
}

/** Where the iris stands between the corners of its eye: -1 to 1, to the picture's right and downwards; 0 is straight. */
function gazeOf({ outer, inner, iris }, at) {
  const [left, right] = at(outer)[0] < at(inner)[0] ? [at(outer), at(inner)] : [at(inner), at(outer)];
  const across = [right[0] - left[0], right[1] - left[1]];
  const width = Math.hypot(...across);
  const from = [at(iris)[0] - (left[0] + right[0]) / 2, at(iris)[1] - (left[1] + right[1]) / 2];
  const along = (from[0] * across[0] + from[1] * across[1]) / width;
  const down = (from[1] * across[0] - from[0] * across[1]) / width;
  return [(2 * along) / width, (2 * down) / width];
}

/** Degrees: yaw to the picture's right, pitch downwards, roll clockwise. */
function headPose(at) {
  const [right, left] = POINT.cheeks.map(at);
  const [top, bottom] = [at(POINT.forehead), at(POINT.chin)];
  const [eyeRight, eyeLeft] = [at(POINT.rightEye.outer), at(POINT.leftEye.outer)];
  return {
    yaw: degrees(Math.atan2(left[2] - right[2], left[0] - right[0])),
    pitch: degrees(Math.atan2(bottom[2] - top[2], bottom[1] - top[1])),
    roll: degrees(Math.atan2(eyeLeft[1] - eyeRight[1], eyeLeft[0] - eyeRight[0])),
  };
}

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const degrees = (radians) => (radians * 180) / Math.PI;
