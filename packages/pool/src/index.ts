export { createThreadEngine, ThreadEngine, type ThreadEngineOptions } from "./thread-engine.js";
