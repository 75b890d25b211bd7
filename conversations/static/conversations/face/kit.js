/** CanvasKit, and the people it can draw. Seven megabytes: loaded only where the face is to be drawn here. */

import { Drawing } from "./drawing.js";

const FOLDER = new URL("../vendor/canvaskit/", import.meta.url);
const IMAGES = ["room", "head", "clothes"];

export class Kit {
  /** Throws if this browser will not run it. */
  static async load() {
    const { default: init } = await import(new URL("canvaskit.js", FOLDER).href);
    return new Kit(await init({ locateFile: (name) => new URL(name, FOLDER).href }));
  }

  constructor(api) {
    this.api = api;
  }

  /** @param {string} folder where a person's pack is */
  async drawing(folder) {
    const pack = await (await found(folder + "pack.json")).json();
    const images = {};
    await Promise.all(
      IMAGES.map(async (name) => {
        const file = await found(`${folder}${name}.webp`);
        images[name] = this.api.MakeImageFromEncoded(await file.arrayBuffer());
      }),
    );
    return new Drawing(this.api, pack, images);
  }

  /** A surface on a canvas: by the graphics card if there is one. Null if there can be none. */
  surface(canvas) {
    const { api } = this;
    let context = 0;
    try {
      context = api.GetWebGLContext(canvas);
    } catch {
      // no WebGL here
    }
    if (!(context > 0)) return api.MakeSWCanvasSurface(canvas);
    const card = api.MakeWebGLContext(context);
    return card && api.MakeOnScreenGLSurface(card, canvas.width, canvas.height, api.ColorSpace.SRGB);
  }
}

async function found(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}
