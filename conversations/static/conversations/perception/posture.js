/**
 * Numbers read from the 33 points of MediaPipe's pose: how somebody sits, and where their hands are. Pure. Lengths are
 * shares of the width of the shoulders, so that neither camera nor distance counts; only the patient's own usual value
 * makes one high or low. Points: https://github.com/google-ai-edge/mediapipe/blob/master/docs/solutions/pose.md
 */

const POINT = { nose: 0, ears: [7, 8], shoulders: [11, 12], hands: [19, 20], wrists: [15, 16] };
const PARTS = 4; // x, y, z, visibility
const SEEN = 0.6; // below this a point is a guess
const CHEST = { wide: 0.55, from: 0.05, to: 0.75 }; // from the middle of the shoulders
const BELLY = { wide: 0.6, from: 0.75, to: 1.6 };

/**
 * @param {Float32Array | null} points x, y, z, visibility of each point, x and y as shares of the picture
 * @param {number} aspect width of the picture through its height
 * @returns the numbers of one moment (see `docs/explanation/perception.md`)
 */
export function hold(points, aspect) {
  if (!points) return { body: false };
  const at = (index) => ({
    x: points[PARTS * index] * aspect,
    y: points[PARTS * index + 1],
    seen: points[PARTS * index + 3] >= SEEN && points[PARTS * index + 1] < 1, // what is below the picture is a guess
  });
  const [left, right] = POINT.shoulders.map(at);
  const width = Math.hypot(left.x - right.x, left.y - right.y);
  if (!left.seen || !right.seen || width < 0.05) return { body: false };
  const middle = between(left, right);
  const head = between(...POINT.ears.map(at));
  const hands = POINT.hands.map((index, side) => ({ ...at(index), seen: at(POINT.wrists[side]).seen && at(index).seen }));
  const inside = (zone) => hands.some((hand) => hand.seen && lies(hand, middle, width, zone));
  return {
    body: true,
    tilt: tiltOf(left, right),
    neck: (middle.y - head.y) / width,
    lean: (head.x - middle.x) / width,
    across: middle.x / width,
    height: middle.y / width,
    width,
    chest: inside(CHEST),
    belly: inside(BELLY),
  };
}

const between = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

function lies(hand, middle, width, { wide, from, to }) {
  const down = (hand.y - middle.y) / width;
  return Math.abs(hand.x - middle.x) / width < wide && down > from && down < to;
}

/** Degrees by which the shoulder on the picture's right hangs lower. */
function tiltOf(left, right) {
  const [first, second] = left.x < right.x ? [left, right] : [right, left];
  return (Math.atan2(second.y - first.y, second.x - first.x) * 180) / Math.PI;
}
