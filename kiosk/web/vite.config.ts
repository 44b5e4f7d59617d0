import { resolve } from "node:path";

import { page } from "../../devices/web/vite";

export default page({
  root: import.meta.dirname,
  at: "/",
  to: resolve(import.meta.dirname, "../static"),
  icons: true,
});
