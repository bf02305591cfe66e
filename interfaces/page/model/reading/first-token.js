// The first access token: asked for while the words of the page are still on their way.

import { renew } from "../api.js";

/** @throws {import("../api.js").Problem} nobody is logged in @throws {import("../api.js").Unreachable} */
export const firstToken = renew();
firstToken.catch(() => {}); // it is awaited later
