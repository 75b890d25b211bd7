/**
 * Runs what `conversations/drawing/terms.py` wrote down: the drawing's arithmetic, line by line, for one pose. Pure.
 *
 * A line is a number, the name of an input, or [operation, line, line].
 */

const DO = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  sin: Math.sin,
};

export class Script {
  #inputs = [];
  #steps = [];

  constructor(lines) {
    /** What each line gives for the pose that was worked out last. */
    this.values = new Float64Array(lines.length);
    lines.forEach((line, index) => {
      if (typeof line === "number") this.values[index] = line;
      else if (typeof line === "string") this.#inputs.push([index, line]);
      else this.#steps.push([index, DO[line[0]], line[1], line[2] ?? line[1]]);
    });
  }

  /** @param {Object<string, number>} pose by the names of `scribe.PARTS` */
  workOut(pose) {
    const { values } = this;
    for (const [index, name] of this.#inputs) values[index] = pose[name];
    for (const [index, operation, a, b] of this.#steps) values[index] = operation(values[a], values[b]);
  }

  /** The operations on the branch that this pose takes. */
  branch(steps) {
    while (Array.isArray(steps[1])) steps = this.values[steps[0]] > 0 ? steps[1] : steps[2];
    return steps;
  }
}
