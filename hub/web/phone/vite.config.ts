import { resolve } from "node:path";

import { page } from "../../../devices/web/vite.ts";

export default page({
  root: import.meta.dirname,
  at: "/phone/",
  to: resolve(import.meta.dirname, "../../static/phone"),
  offline: true,
  icons: true,
});
