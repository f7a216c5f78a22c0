import { createInlineEngine } from "@normstream/pipeline";
import { engineSuite } from "./engine-suite.js";

engineSuite("inline", () => createInlineEngine());
