// WebGL programs for sigma: boxes with round corners, and curves with arrow heads from the right side of one box to the
// left side of another. Sizes are in layout units, so that everything grows with the zoom. See `draw.ts` for their data.

import type Sigma from "sigma";
import { createEdgeCompoundProgram, EdgeProgram, NodeProgram, type ProgramInfo } from "sigma/rendering";
import type { EdgeDisplayData, NodeDisplayData, RenderParams } from "sigma/types";
import { floatColor } from "sigma/utils";

/** Layout units in sigma's own unit square: the graph's frame is fixed, so that growing moves nothing. */
export const FRAME = 1000;
export const HEAD = 7; // length of an arrow head

const { FLOAT, UNSIGNED_BYTE, TRIANGLES, TRIANGLE_STRIP } = WebGL2RenderingContext;

export interface BoxAttributes {
  width: number;
  height: number;
  radius: number;
  line: number;
  fill: string;
  color: string; // of the box's edge
}

const matrixUniforms = ["u_matrix", "u_scale", "u_pixels"] as const;
type Uniform = (typeof matrixUniforms)[number];

function uniforms(params: RenderParams, { gl, uniformLocations }: ProgramInfo<Uniform>): void {
  gl.uniformMatrix3fv(uniformLocations.u_matrix, false, params.matrix);
  gl.uniform1f(uniformLocations.u_scale, ((params.matrix[0] ?? 1) * params.width) / 2); // CSS pixels in sigma's unit
  gl.uniform1f(uniformLocations.u_pixels, params.pixelRatio);
}

const BOX_VERTEX = `
attribute vec2 a_position;
attribute vec2 a_half;
attribute vec2 a_shape;
attribute vec4 a_fill;
attribute vec4 a_stroke;
attribute vec4 a_id;
attribute vec2 a_corner;
uniform mat3 u_matrix;
uniform float u_scale;
varying vec2 v_at;
varying vec2 v_half;
varying vec2 v_shape;
varying vec4 v_fill;
varying vec4 v_stroke;
const float bias = 255.0 / 254.0;
void main() {
  vec2 half_px = a_half * u_scale;
  if (a_half.x > 0.0) half_px = max(half_px, vec2(1.5, 1.0));
  vec2 at = a_corner * (half_px + 1.5);
  gl_Position = vec4((u_matrix * vec3(a_position + at / u_scale, 1)).xy, 0, 1);
  v_at = at;
  v_half = half_px;
  v_shape = vec2(min(a_shape.x * u_scale, min(half_px.x, half_px.y)), max(a_shape.y * min(1.0, u_scale / ${FRAME}.0 * 1.4), 0.6));
  #ifdef PICKING_MODE
  v_fill = a_id;
  #else
  v_fill = a_fill;
  #endif
  v_stroke = a_stroke;
  v_fill.a *= bias;
  v_stroke.a *= bias;
}`;

const BOX_FRAGMENT = `
precision highp float;
varying vec2 v_at;
varying vec2 v_half;
varying vec2 v_shape;
varying vec4 v_fill;
varying vec4 v_stroke;
uniform float u_pixels;
void main() {
  vec2 q = abs(v_at) - v_half + v_shape.x;
  float d = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - v_shape.x;
  if (v_half.x <= 0.0) d = 1e3;
  #ifdef PICKING_MODE
  gl_FragColor = d > 0.0 ? vec4(0.0) : v_fill;
  #else
  float whole = clamp(0.5 - d * u_pixels, 0.0, 1.0);
  float inner = clamp(0.5 - (d + v_shape.y) * u_pixels, 0.0, 1.0);
  gl_FragColor = mix(v_stroke, v_fill, inner) * whole;
  #endif
}`;

export class BoxProgram extends NodeProgram<Uniform> {
  override getDefinition() {
    return {
      VERTICES: 4,
      VERTEX_SHADER_SOURCE: BOX_VERTEX,
      FRAGMENT_SHADER_SOURCE: BOX_FRAGMENT,
      METHOD: TRIANGLE_STRIP,
      UNIFORMS: matrixUniforms,
      ATTRIBUTES: [
        { name: "a_position", size: 2, type: FLOAT },
        { name: "a_half", size: 2, type: FLOAT },
        { name: "a_shape", size: 2, type: FLOAT },
        { name: "a_fill", size: 4, type: UNSIGNED_BYTE, normalized: true },
        { name: "a_stroke", size: 4, type: UNSIGNED_BYTE, normalized: true },
        { name: "a_id", size: 4, type: UNSIGNED_BYTE, normalized: true },
      ],
      CONSTANT_ATTRIBUTES: [{ name: "a_corner", size: 2, type: FLOAT }],
      CONSTANT_DATA: [
        [-1, -1],
        [1, -1],
        [-1, 1],
        [1, 1],
      ],
    };
  }

  override processVisibleItem(index: number, start: number, data: NodeDisplayData & Partial<BoxAttributes>): void {
    const { array } = this;
    array[start++] = data.x;
    array[start++] = data.y;
    array[start++] = (data.width ?? 0) / 2 / FRAME;
    array[start++] = (data.height ?? 0) / 2 / FRAME;
    array[start++] = (data.radius ?? 0) / FRAME;
    array[start++] = data.line ?? 1;
    array[start++] = floatColor(data.fill ?? "#000000");
    array[start++] = floatColor(data.color);
    array[start++] = index;
  }

  override setUniforms(params: RenderParams, info: ProgramInfo<Uniform>): void {
    uniforms(params, info);
  }
}

/** sigma draws the hovered node once more, over the text in it; this draws nothing. */
export class UnseenProgram extends BoxProgram {
  override render(): void {}
}

export interface CurveAttributes {
  head: boolean;
  back: boolean;
}

export interface Curve {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  reach: number; // how far the control points are to the right and to the left
  sag: number; // and below (edges that run back)
}

/** The curve of an edge between two boxes, in whichever unit they are in; `unit` is that of a layout unit. */
export function curve(
  from: { x: number; y: number; width: number },
  to: { x: number; y: number; width: number },
  head: boolean,
  back: boolean,
  unit: number,
): Curve {
  const x1 = from.x + (from.width / 2) * Math.abs(unit);
  const x2 = to.x - (to.width / 2 + (head ? HEAD - 1 : 0)) * Math.abs(unit);
  const across = Math.abs(x2 - x1);
  return {
    x1,
    y1: from.y,
    x2,
    y2: to.y,
    reach: back ? 50 * Math.abs(unit) + across * 0.1 : across * 0.5,
    sag: back ? (60 * Math.abs(unit) + across * 0.25) * Math.sign(unit) : 0,
  };
}

const STEPS = 18;

const CURVE_VERTEX = `
attribute vec4 a_ends;
attribute vec2 a_bow;
attribute float a_width;
attribute vec4 a_color;
attribute vec4 a_id;
attribute vec2 a_along;
uniform mat3 u_matrix;
uniform float u_scale;
varying vec4 v_color;
varying float v_side;
varying float v_half;
const float bias = 255.0 / 254.0;
void main() {
  float t = a_along.x;
  float s = 1.0 - t;
  vec2 p0 = a_ends.xy;
  vec2 p3 = a_ends.zw;
  vec2 p1 = p0 + a_bow;
  vec2 p2 = p3 + vec2(-a_bow.x, a_bow.y);
  vec2 p = s * s * s * p0 + 3.0 * s * s * t * p1 + 3.0 * s * t * t * p2 + t * t * t * p3;
  vec2 d = s * s * (p1 - p0) + 2.0 * s * t * (p2 - p1) + t * t * (p3 - p2);
  if (length(d) < 1e-9) d = vec2(1.0, 0.0);
  vec2 normal = normalize(vec2(-d.y, d.x));
  float half_px = max(a_width * min(1.0, u_scale / ${FRAME}.0 * 1.4), 0.7) / 2.0;
  #ifdef PICKING_MODE
  half_px = max(half_px, 4.0);
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  v_color.a *= bias;
  v_half = half_px;
  v_side = a_along.y * (half_px + 1.0);
  gl_Position = vec4((u_matrix * vec3(p + normal * v_side / u_scale, 1)).xy, 0, 1);
}`;

const CURVE_FRAGMENT = `
precision highp float;
varying vec4 v_color;
varying float v_side;
varying float v_half;
uniform float u_pixels;
void main() {
  float d = abs(v_side) - v_half;
  #ifdef PICKING_MODE
  gl_FragColor = d > 0.0 ? vec4(0.0) : v_color;
  #else
  gl_FragColor = v_color * clamp(0.5 - d * u_pixels, 0.0, 1.0);
  #endif
}`;

class CurveProgram extends EdgeProgram<Uniform> {
  override getDefinition() {
    const along: number[][] = [];
    for (let i = 0; i <= STEPS; i++) along.push([i / STEPS, -1], [i / STEPS, 1]);
    return {
      VERTICES: along.length,
      VERTEX_SHADER_SOURCE: CURVE_VERTEX,
      FRAGMENT_SHADER_SOURCE: CURVE_FRAGMENT,
      METHOD: TRIANGLE_STRIP,
      UNIFORMS: matrixUniforms,
      ATTRIBUTES: [
        { name: "a_ends", size: 4, type: FLOAT },
        { name: "a_bow", size: 2, type: FLOAT },
        { name: "a_width", size: 1, type: FLOAT },
        { name: "a_color", size: 4, type: UNSIGNED_BYTE, normalized: true },
        { name: "a_id", size: 4, type: UNSIGNED_BYTE, normalized: true },
      ],
      CONSTANT_ATTRIBUTES: [{ name: "a_along", size: 2, type: FLOAT }],
      CONSTANT_DATA: along,
    };
  }

  override processVisibleItem(
    index: number,
    start: number,
    source: NodeDisplayData,
    target: NodeDisplayData,
    data: EdgeDisplayData & Partial<CurveAttributes>,
  ): void {
    const bow = between(source, target, data);
    const { array } = this;
    array[start++] = bow.x1;
    array[start++] = bow.y1;
    array[start++] = bow.x2;
    array[start++] = bow.y2;
    array[start++] = bow.reach;
    array[start++] = bow.sag;
    array[start++] = data.size;
    array[start++] = floatColor(data.color);
    array[start++] = index;
  }

  override setUniforms(params: RenderParams, info: ProgramInfo<Uniform>): void {
    uniforms(params, info);
  }
}

// sigma's y grows upwards: what sags goes to smaller y
function between(source: NodeDisplayData, target: NodeDisplayData, data: Partial<CurveAttributes>): Curve {
  const bow = curve(source as never, target as never, data.head ?? true, data.back ?? false, 1 / FRAME);
  return { ...bow, sag: -bow.sag };
}

const HEAD_VERTEX = `
attribute vec4 a_tip;
attribute vec4 a_color;
attribute vec4 a_id;
attribute vec2 a_corner;
uniform mat3 u_matrix;
uniform float u_scale;
uniform float u_pixels;
varying vec4 v_color;
const float bias = 255.0 / 254.0;
void main() {
  vec2 along = a_tip.zw;
  vec2 across = vec2(-along.y, along.x);
  vec2 at = a_tip.xy + (along * a_corner.x + across * a_corner.y) * ${HEAD}.0 / ${FRAME}.0;
  gl_Position = vec4((u_matrix * vec3(at, 1)).xy, 0, 1);
  #ifdef PICKING_MODE
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  v_color.a *= bias;
}`;

const HEAD_FRAGMENT = `
precision mediump float;
varying vec4 v_color;
void main() {
  gl_FragColor = v_color;
}`;

class HeadProgram extends EdgeProgram<Uniform> {
  override getDefinition() {
    return {
      VERTICES: 3,
      VERTEX_SHADER_SOURCE: HEAD_VERTEX,
      FRAGMENT_SHADER_SOURCE: HEAD_FRAGMENT,
      METHOD: TRIANGLES,
      UNIFORMS: matrixUniforms,
      ATTRIBUTES: [
        { name: "a_tip", size: 4, type: FLOAT },
        { name: "a_color", size: 4, type: UNSIGNED_BYTE, normalized: true },
        { name: "a_id", size: 4, type: UNSIGNED_BYTE, normalized: true },
      ],
      CONSTANT_ATTRIBUTES: [{ name: "a_corner", size: 2, type: FLOAT }],
      CONSTANT_DATA: [
        [0, 0.5],
        [0, -0.5],
        [1, 0],
      ],
    };
  }

  override processVisibleItem(
    index: number,
    start: number,
    source: NodeDisplayData,
    target: NodeDisplayData,
    data: EdgeDisplayData & Partial<CurveAttributes>,
  ): void {
    const { array } = this;
    if (data.head === false) {
      for (let i = 0; i < this.STRIDE; i++) array[start + i] = 0;
      return;
    }
    const bow = between(source, target, data);
    const length = Math.hypot(bow.reach, bow.sag) || 1;
    array[start++] = bow.x2;
    array[start++] = bow.y2;
    array[start++] = data.back ? bow.reach / length : 1;
    array[start++] = data.back ? -bow.sag / length : 0;
    array[start++] = floatColor(data.color);
    array[start++] = index;
  }

  override setUniforms(params: RenderParams, info: ProgramInfo<Uniform>): void {
    uniforms(params, info);
  }
}

export const ArrowProgram = createEdgeCompoundProgram([CurveProgram, HeadProgram] as never);

export type Renderer = Sigma;
