// What the server packs as base64 of little-endian bytes.

export function bytes(base64: string): Uint8Array {
  const text = atob(base64);
  const made = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) made[i] = text.charCodeAt(i);
  return made;
}

export function floats(base64: string): Float32Array {
  const raw = bytes(base64);
  const view = new DataView(raw.buffer);
  return Float32Array.from({ length: raw.length >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}
