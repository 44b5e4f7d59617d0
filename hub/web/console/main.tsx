/** The staff console. */

import "@linli/shared/base.css";
