/**
 * How the painted head moves: a sum of displacement fields, as in `conversations/drawing/puppet.py`, whose fields and
 * amounts these are. Lengths are in the drawing's units.
 */

export class Warp {
  #grid;
  #motions;
  #across;
  #down;

  constructor(grid, motions) {
    this.#grid = grid;
    this.#motions = motions.map(([amount, across, down]) => [amount, unpacked(across), unpacked(down)]);
    this.#across = new Float32Array(grid.columns * grid.rows);
    this.#down = new Float32Array(grid.columns * grid.rows);
    this.indices = triangles(grid.columns + 2, grid.rows + 2);
    this.positions = nodes(grid);
    this.from = new Float32Array(this.positions.length);
  }

  /** @param {Float64Array} values what a script gives for the pose */
  pose(values) {
    this.#across.fill(0);
    this.#down.fill(0);
    for (const [amount, across, down] of this.#motions) {
      if (across) add(this.#across, across, values[amount]);
      if (down) add(this.#down, down, values[amount]);
    }
    this.#sample();
  }

  /** For every node, which point of the painting is seen there: the nearest cell's beyond the outermost middles. */
  #sample() {
    const { columns, rows } = this.#grid;
    let node = 0;
    for (let row = 0; row < rows + 2; row++)
      for (let column = 0; column < columns + 2; column++, node += 2) {
        const cell = clamp(row - 1, rows - 1) * columns + clamp(column - 1, columns - 1);
        this.from[node] = this.positions[node] - this.#across[cell];
        this.from[node + 1] = this.positions[node + 1] - this.#down[cell];
      }
  }

  /** The affine map, as Skia's nine numbers, that carries what is drawn around a point, within reach. */
  matrix(x, y, reach) {
    const [middle, right, left, below, above] = [
      [x, y],
      [x + reach, y],
      [x - reach, y],
      [x, y + reach],
      [x, y - reach],
    ].map((painted) => this.#carried(painted));
    const [a, b] = [(right[0] - left[0]) / (2 * reach), (right[1] - left[1]) / (2 * reach)];
    const [c, d] = [(below[0] - above[0]) / (2 * reach), (below[1] - above[1]) / (2 * reach)];
    return [a, c, middle[0] - a * x - c * y, b, d, middle[1] - b * x - d * y, 0, 0, 1];
  }

  /** Where a point of the painting is seen. */
  #carried([x, y]) {
    let seen = [x, y];
    for (let again = 0; again < 3; again++) {
      const [across, down] = this.#at(...seen);
      seen = [x + across, y + down];
    }
    return seen;
  }

  #at(x, y) {
    const { left, top, right, bottom, columns, rows } = this.#grid;
    const column = clamp(((x - left) * columns) / (right - left) - 0.5, columns - 1.001);
    const row = clamp(((y - top) * rows) / (bottom - top) - 0.5, rows - 1.001);
    const [i, j] = [Math.floor(column), Math.floor(row)];
    const [u, v] = [column - i, row - j];
    const cell = j * columns + i;
    const mixed = (field) =>
      (field[cell] * (1 - u) + field[cell + 1] * u) * (1 - v) +
      (field[cell + columns] * (1 - u) + field[cell + columns + 1] * u) * v;
    return [mixed(this.#across), mixed(this.#down)];
  }
}

/** The middles of the cells, and around them the edges of the box. */
function nodes({ left, top, right, bottom, columns, rows }) {
  const [wide, high] = [(right - left) / columns, (bottom - top) / rows];
  const points = new Float32Array(2 * (columns + 2) * (rows + 2));
  let node = 0;
  for (let row = 0; row < rows + 2; row++)
    for (let column = 0; column < columns + 2; column++) {
      points[node++] = Math.min(right, Math.max(left, left + (column - 0.5) * wide));
      points[node++] = Math.min(bottom, Math.max(top, top + (row - 0.5) * high));
    }
  return points;
}

function triangles(columns, rows) {
  const corners = [];
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      corners.push(at, at + 1, at + columns, at + 1, at + columns + 1, at + columns);
    }
  return corners;
}

function unpacked(field) {
  if (!field) return null;
  const [step, text] = field;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => step * view.getInt16(2 * index, true));
}

function add(sum, field, amount) {
  if (!amount) return;
  for (let index = 0; index < sum.length; index++) sum[index] += amount * field[index];
}

const clamp = (value, most) => Math.min(most, Math.max(0, value));
