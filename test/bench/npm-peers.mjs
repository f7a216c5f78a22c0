import { cachedInstall, findCached } from "../../scripts/cached-install.mjs";

/** Programs that npm alone installs; none of them is a dependency of Normstream's. */
const PACKAGES = {
  "@tensorflow/tfjs-backend-cpu": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "@tensorflow/tfjs-core": "4.22.0",
  hyparquet: "1.33.0",
  "onnxruntime-node": "1.30.0",
};
const NAME = "bench-peers";

/**
 * The folder in whose node_modules they are; null where they are missing, and then a line that says so.
 * @param install whether they may be installed, once
 */
export function findNpmPeers(install, missing) {
  const found = findCached(NAME, PACKAGES);
  if (found) return found;
  const names = "TensorFlow.js, ONNX Runtime, hyparquet";
  if (!install) {
    missing.push(`${names}: npm run bench -- --npm-peers installs them once, about 360 MB`);
    return null;
  }
  try {
    return cachedInstall(NAME, PACKAGES);
  } catch (error) {
    missing.push(`${names}: ${error.message.split("\n")[0]}`);
    return null;
  }
}
