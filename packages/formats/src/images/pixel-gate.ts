/** An image's place in the order of those that want to be decoded. */
export interface Ticket {
  /** Resolves when all images before it are let through, and its pixels fit beside those that are held. */
  enter(pixels: number): Promise<void>;
  /** Gives back what it holds; an image that never entered lets the next one through. */
  leave(): void;
}

/** Lets images through in their order, as far as the pixels that are held at once allow; one alone always. */
export class PixelGate {
  readonly #most: number;
  #held = 0;
  /** What the first image waits for that does not fit. */
  #wake: (() => void) | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(most: number) {
    this.#most = most;
  }

  ticket(): Ticket {
    const before = this.#last;
    let pass: () => void = () => {};
    this.#last = new Promise((resolve) => {
      pass = resolve;
    });
    let held = 0;
    return {
      enter: async (pixels) => {
        await before;
        while (this.#held > 0 && this.#held + pixels > this.#most) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        held = pixels;
        this.#held += pixels;
        pass();
      },
      leave: () => {
        this.#held -= held;
        held = 0;
        before.then(pass);
        this.#wake?.();
        this.#wake = null;
      },
    };
  }
}
