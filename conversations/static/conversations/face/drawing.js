/**
 * Draws a person for a pose with CanvasKit, from the pack that `conversations/drawing/pack.py` made of the drawing:
 * the same paths, colours and fields, so the two pictures are the same but for rounding (docs/decisions/0056).
 */

import { Script } from "./script.js";
import { Warp } from "./warp.js";

const SIDE = 1000; // of the picture, in the drawing's units

export class Drawing {
  #kit;
  #pack;
  #script;
  #warp;
  #images;
  #blurs = new Map();
  #headPaint;
  #rubbish = [];

  /** @param images {room, head, clothes}: CanvasKit images */
  constructor(kit, pack, images) {
    this.#kit = kit;
    this.#pack = pack;
    this.#images = images;
    this.parts = pack.parts;
    this.#script = new Script(pack.lines);
    this.#warp = new Warp(pack.grid, pack.motions);
    this.#headPaint = new kit.Paint();
    const decal = kit.TileMode.Decal;
    const [left, top, right] = pack.head;
    const scale = (right - left) / images.head.width();
    const place = [scale, 0, left, 0, scale, top, 0, 0, 1];
    const shader = images.head.makeShaderOptions(decal, decal, kit.FilterMode.Linear, kit.MipmapMode.None, place);
    this.#headPaint.setShader(shader);
  }

  /** The whole picture on a canvas of `size` × `size` pixels. */
  draw(canvas, pose, size) {
    this.#script.workOut(pose);
    this.#warp.pose(this.#script.values);
    canvas.save();
    canvas.scale(size / SIDE, size / SIDE);
    this.#lay(canvas, this.#images.room, [0, 0, SIDE, SIDE]);
    this.#drawHead(canvas);
    this.#drawClothes(canvas, pose.breath);
    for (const [x, y, reach, steps] of this.#pack.features) {
      canvas.save();
      canvas.concat(this.#warp.matrix(x, y, reach));
      for (const step of this.#script.branch(steps)) this.#step(canvas, this.#pack.ops[step]);
      canvas.restore();
    }
    canvas.restore();
    for (const one of this.#rubbish.splice(0)) one.delete();
  }

  #lay(canvas, image, place) {
    const whole = [0, 0, image.width(), image.height()];
    canvas.drawImageRectOptions(image, whole, place, this.#kit.FilterMode.Linear, this.#kit.MipmapMode.None, null);
  }

  #drawHead(canvas) {
    const { positions, from, indices } = this.#warp;
    const vertices = this.#kit.MakeVertices(this.#kit.VertexMode.Triangles, positions, from, null, indices, true);
    canvas.drawVertices(vertices, this.#kit.BlendMode.SrcOver, this.#headPaint);
    vertices.delete();
  }

  /** The shoulders rise with a breath; what is below the picture stays. */
  #drawClothes(canvas, breath) {
    const [left, top, right, bottom] = this.#pack.clothes;
    const high = bottom - top;
    canvas.save();
    canvas.clipRect([left, top, right, bottom], this.#kit.ClipOp.Intersect, false);
    this.#lay(canvas, this.#images.clothes, [left, bottom - high - this.#pack.breath * breath, right, bottom]);
    canvas.restore();
  }

  #step(canvas, [name, ...told]) {
    const value = (line) => this.#script.values[line];
    if (name === "save") canvas.save();
    else if (name === "restore") canvas.restore();
    else if (name === "move") canvas.translate(value(told[0]), value(told[1]));
    else if (name === "clip") canvas.clipPath(this.#path(told[0]), this.#kit.ClipOp.Intersect, true);
    else canvas.drawPath(this.#path(told[0]), this.#paint(name, told, value));
  }

  #paint(name, told, value) {
    const kit = this.#kit;
    const paint = this.#kept(new kit.Paint());
    paint.setAntiAlias(true);
    if (name === "fill" || name === "line") paint.setColor(this.#colour(told[1], name === "fill" ? value(told[2]) : 1));
    if (name === "line") {
      paint.setStyle(kit.PaintStyle.Stroke);
      paint.setStrokeWidth(value(told[2]));
    } else if (value(told[3])) paint.setMaskFilter(this.#blur(value(told[3])));
    if (name === "wash" || name === "glow") paint.setShader(this.#ramp(name, told, value));
    return paint;
  }

  #ramp(name, [, geometry, stops], value) {
    const kit = this.#kit;
    const colours = stops.map(([, colour, alpha]) => this.#colour(colour, value(alpha)));
    const places = stops.map(([place]) => value(place));
    const [x, y, ...rest] = geometry.map(value);
    const clamp = kit.TileMode.Clamp;
    if (name === "glow") return this.#kept(kit.Shader.MakeRadialGradient([x, y], rest[0], colours, places, clamp));
    return this.#kept(kit.Shader.MakeLinearGradient([x, y], rest, colours, places, clamp));
  }

  #path(shape) {
    const kit = this.#kit;
    const builder = new kit.PathBuilder();
    for (const [verb, ...lines] of this.#pack.shapes[shape]) {
      const numbers = lines.map((line) => this.#script.values[line]);
      if (verb === "oval") addOval(kit, builder, numbers);
      else if (verb === "rectangle") builder.addRRect(kit.RRectXY(numbers.slice(0, 4), numbers[4], numbers[5]));
      else builder[verb](...numbers);
    }
    return this.#kept(builder.detachAndDelete());
  }

  #colour(hex, alpha) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
    return this.#kit.Color4f(red, green, blue, Math.min(1, Math.max(0, alpha)));
  }

  #blur(sigma) {
    if (!this.#blurs.has(sigma)) {
      this.#blurs.set(sigma, this.#kit.MaskFilter.MakeBlur(this.#kit.BlurStyle.Normal, sigma, true));
    }
    return this.#blurs.get(sigma);
  }

  /** Skia's memory is not collected: what a frame makes is deleted after it. */
  #kept(one) {
    this.#rubbish.push(one);
    return one;
  }
}

/** By its half-axes, turned clockwise about its middle. */
function addOval(kit, builder, [x, y, across, down, turn]) {
  const oval = kit.LTRBRect(-across, -down, across, down);
  const path = new kit.PathBuilder();
  path.addOval(oval);
  const placed = path.detachAndDelete();
  const radians = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  builder.addPath(placed, cos, -sin, x, sin, cos, y, 0, 0, 1);
  placed.delete();
}
