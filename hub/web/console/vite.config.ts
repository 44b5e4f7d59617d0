import { resolve } from "node:path";

import { page } from "../../../devices/web/vite.ts";

export default page({
  root: import.meta.dirname,
  at: "/console/",
  to: resolve(import.meta.dirname, "../../static/console"),
  icons: true,
});
