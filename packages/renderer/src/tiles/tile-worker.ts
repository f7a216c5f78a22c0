import { expose } from "comlink";
import { createPainter } from "./tile-painter.js";

// The web worker of the maps: batch and instance norm of the tiles, and their colours, off the page's thread.
expose(createPainter());
