/** How every page of Linli is built: one call in the page's own vite.config.ts. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

import type { Plugin, UserConfig } from "vite";

import { iconPng, iconSvg } from "./make/icon.ts";
import { serviceWorker } from "./make/worker.ts";

export interface Page {
  /** Folder of the page's index.html. */
  root: string;
  /** Address under which it is served, with both slashes. */
  at: string;
  /** Folder that receives the built page. */
  to: string;
  /** Make a service worker that serves the page's own files without a network. */
  offline?: boolean;
  /** Make the icons of an installable page. */
  icons?: boolean;
}

/** What a browser asks for as icon: any size, iOS home screen, Android in two sizes. */
const ICON_SIZES_PX = [180, 192, 512] as const;
/** Below this a compressed copy is larger than what it saves. */
const LEAST_GZIP_BYTES = 600;
const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest)$/;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Icons, service worker and compressed copies, made when all bundles are on disk. */
function finish(page: Page): Plugin {
  return {
    name: "linli-finish",
    apply: "build",
    // not generateBundle: there the preload list of lazy imports is not yet filled in
    writeBundle() {
      if (page.icons) {
        writeFileSync(join(page.to, "icon.svg"), iconSvg());
        for (const side of ICON_SIZES_PX) {
          writeFileSync(join(page.to, `icon-${side}.png`), iconPng(side));
        }
      }
      if (page.offline) {
        const files = filesUnder(page.to).filter((file) => !file.endsWith(".gz") && file !== "sw.js");
        const version = createHash("sha256");
        for (const file of files) version.update(file).update(readFileSync(join(page.to, file)));
        const kept = files.filter((file) => file !== "index.html").map((file) => page.at + file);
        writeFileSync(
          join(page.to, "sw.js"),
          serviceWorker(page.at, kept, version.digest("hex").slice(0, 12)),
        );
      }
      for (const file of filesUnder(page.to).filter((name) => COMPRESSIBLE.test(name))) {
        const bytes = readFileSync(join(page.to, file));
        if (bytes.length < LEAST_GZIP_BYTES) continue;
        writeFileSync(join(page.to, `${file}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** The build of one page: strict CSP (nothing inlined), hashed names, JSX for Preact. */
export function page(which: Page): UserConfig {
  return {
    root: which.root,
    base: which.at,
    publicDir: "public",
    plugins: [finish(which)],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: which.to,
      emptyOutDir: true,
      assetsInlineLimit: 0, // a data: address would need an exception in the CSP
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // phones of elders are old: the first versions with dialog, :has and dvh, autumn 2022
      target: ["es2022", "chrome108", "safari15.4"],
    },
  };
}
