declare module 'snappyjs' {
  /** One raw Snappy stream; a Buffer in makes a Buffer out. */
  export function compress(uncompressed: Uint8Array): Uint8Array;
}
