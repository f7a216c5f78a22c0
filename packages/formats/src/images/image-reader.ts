import { type ImageDecoding, type ImagePart, NormstreamError } from "@normstream/tensor";
import { EncodedBytes } from "./encoded-bytes.js";
import { type DecodedImage, decodeImage } from "./image-decoder.js";
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

/** Images that a thread decodes at once: one is read or summed up while another is decoded. */
const AT_ONCE = 2;

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
    const waiting: Promise<DecodedImage | SkippedImage>[] = [];
    let next = 0;
    const start = () => {
      const part = parts[next++];
      if (!part) return;
      const image = this.#decodeOne(sharp, part);
      // Its error is told when its turn comes.
      image.catch(() => {});
      waiting.push(image);
    };
    for (let i = 0; i < AT_ONCE; i++) start();
    for (let image = waiting.shift(); image; image = waiting.shift()) {
      const decoded = await image;
      start();
      yield decoded;
    }
  }

  [Symbol.dispose](): void {
    this.#bytes[Symbol.dispose]();
  }

  async #decodeOne(sharp: Sharp, part: ImagePart): Promise<DecodedImage | SkippedImage> {
    try {
      const bytes = await this.#bytes.read(part);
      return await decodeImage(sharp, bytes, this.#decoding, part.name);
    } catch (error) {
      const isBad = error instanceof NormstreamError && error.kind === "data";
      if (!this.#decoding.skipBad || !isBad) throw error;
      return { name: part.name, sample: part.firstSample, reason: error.message };
    }
  }
}
