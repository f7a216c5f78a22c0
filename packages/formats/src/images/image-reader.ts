import { type ImageDecoding, type ImagePart, NormstreamError } from "@normstream/tensor";
import type { DecodedImage } from "./decoded-image.js";
import { EncodedBytes } from "./encoded-bytes.js";
import { decodeImage } from "./image-decoder.js";
import { PixelGate, type Ticket } from "./pixel-gate.js";
import { loadSharp, type Sharp } from "./sharp-loading.js";

/** An image that could not be decoded, and was left out. */
export interface SkippedImage {
  /** Of its file, or of the member of its archive. */
  readonly name: string;
  /** Its place among the files, from 0. */
  readonly sample: number;
  /** Why, in a line. */
  readonly reason: string;
}

/** Images that a thread decodes at once where they are small: while one is read or summed up, others keep libvips at work. */
const MOST_AT_ONCE = 4;
/** As many of the largest ones that are allowed. */
const LARGE_AT_ONCE = 2;

/** Decodes the images of a data set, in order. */
export class ImageReader implements Disposable {
  readonly #bytes = new EncodedBytes();
  readonly #decoding: ImageDecoding;

  constructor(decoding: ImageDecoding) {
    this.#decoding = decoding;
  }

  /**
   * The images of some parts, in order; what is left out under `skipBad` comes as the reason.
   * @throws NormstreamError of kind `data` for the first image that cannot be decoded, `io` where one cannot be read.
   */
  async *decode(parts: readonly ImagePart[]): AsyncGenerator<DecodedImage | SkippedImage> {
    const sharp = await loadSharp();
    const gate = new PixelGate(LARGE_AT_ONCE * this.#decoding.maxPixels);
    const waiting: { readonly image: Promise<DecodedImage | SkippedImage>; readonly ticket: Ticket }[] = [];
    let next = 0;
    const start = () => {
      const part = parts[next++];
      if (!part) return;
      const ticket = gate.ticket();
      const image = this.#decodeOne(sharp, part, ticket);
      // Its error is told when its turn comes.
      image.catch(() => {});
      waiting.push({ image, ticket });
    };
    for (let i = 0; i < MOST_AT_ONCE; i++) start();
    for (let first = waiting.shift(); first; first = waiting.shift()) {
      const decoded = await first.image;
      start();
      yield decoded;
      first.ticket.leave();
    }
  }

  [Symbol.dispose](): void {
    this.#bytes[Symbol.dispose]();
  }

  async #decodeOne(sharp: Sharp, part: ImagePart, ticket: Ticket): Promise<DecodedImage | SkippedImage> {
    try {
      const bytes = await this.#bytes.read(part);
      return await decodeImage(sharp, bytes, this.#decoding, part.name, ticket.enter);
    } catch (error) {
      const isBad = error instanceof NormstreamError && error.kind === "data";
      if (!this.#decoding.skipBad || !isBad) throw error;
      return { name: part.name, sample: part.firstSample, reason: error.message };
    }
  }
}
