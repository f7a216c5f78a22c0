/** An image's values, `[height, width, channels]` uint8, or uint16 in the machine's byte order; nobody else's. */
export interface DecodedImage {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}
