// The recording page: only its player.

import { one } from "./dom.js";
import { Player } from "./player.js";

new Player(one(document, "[data-player]", HTMLElement)).start();
