import type { ArrayReader } from "../stored-array.js";
import { ImageIndex } from "./image-index.js";

/** Reads an image: a data set of one sample. */
export const readImage: ArrayReader = async (source, options) => ({
  format: "images",
  entries: [
    {
      name: undefined,
      async read() {
        const { imageArray } = await import("./image-set.js");
        const index = new ImageIndex();
        index.addFile(source.name);
        return imageArray(source.name, index, options);
      },
    },
  ],
});
