import "@linli/shared/base.css";
import { render } from "preact";
import { Button, LanguageSwitch } from "@linli/shared/bits";
import { QrCode } from "@linli/shared/qr";
render(<main><Button look="main" icon="door">开门</Button><LanguageSwitch /><QrCode text="hi" /></main>, document.body);
