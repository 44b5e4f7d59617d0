import { resolve } from "node:path";

import { page } from "../../../devices/web/vite.ts";

export default page({
  root: import.meta.dirname,
  at: "/visit/",
  to: resolve(import.meta.dirname, "../../static/visit"),
  offline: true,
  icons: true,
});
