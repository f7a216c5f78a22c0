import { folderStore, type ObjectStore } from "../bytes/object-store.js";
import { isFarPlace } from "./place.js";
import { remoteStore } from "./remote-object-store.js";

/** Many small objects under a root, wherever it is: a local folder, `https://…`, `s3://…`. */
export const openObjectStore = (root: string): ObjectStore => (isFarPlace(root) ? remoteStore(root) : folderStore(root));
