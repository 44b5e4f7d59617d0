/** Coming in: two factors, and the very first administrator. */

import { Refused } from "@linli/shared/api";
import type { Claimed } from "@linli/shared/api.gen";
import { Button, Card, Field, LanguageSwitch, Notice } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Sign } from "@linli/shared/icons";
import { QrCode } from "@linli/shared/qr";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { claim, type Credentials, ended, signIn } from "./staff";
import { words } from "./words";

/** `bind`: the administrator exists, the second factor is being put into a phone. */
type Step = { at: "in" } | { at: "claim" } | { at: "bind"; who: Credentials; setup: Claimed };

const linkedCode = /^#\/?claim=([\w-]+)$/.exec(location.hash)?.[1] ?? "";
const step = signal<Step>(linkedCode || location.hash === "#/claim" ? { at: "claim" } : { at: "in" });
const wrong = signal<Words | null>(null);
const busy = signal(false);

/** The texts of a form by the names of its fields. */
function textsOf(form: EventTarget | null): Record<string, string> {
  if (!(form instanceof HTMLFormElement)) return {};
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}

/** Do one thing on submit, and say plainly why it did not go. */
function attempt(act: (texts: Record<string, string>) => Promise<void>) {
  return async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    wrong.value = null;
    try {
      await act(textsOf(event.currentTarget));
    } catch (error) {
      wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
    } finally {
      busy.value = false;
    }
  };
}

function go(next: Step): void {
  wrong.value = null;
  step.value = next;
}

function OtpField() {
  return (
    <Field
      label={say(words.otp)}
      hint={say(words.otpHint)}
      input={{
        name: "otp",
        inputMode: "numeric",
        autocomplete: "one-time-code",
        pattern: "[0-9]{6}",
        maxLength: 6,
        required: true,
      }}
    />
  );
}

function Wrong() {
  if (wrong.value === null) return null;
  return (
    <Notice tone="mind" spoken>
      {say(wrong.value)}
    </Notice>
  );
}

function SignIn() {
  const submit = attempt(({ name = "", password = "", otp = "" }) => signIn({ name, password }, otp));
  return (
    <form onSubmit={submit}>
      <h1>{say(words.console)}</h1>
      <p class="soft">{say(words.signInLine)}</p>
      {ended.value && <Notice tone="wait">{say(words.signedOut)}</Notice>}
      <Field label={say(words.name)} input={{ name: "name", autocomplete: "username", required: true }} />
      <Field
        label={say(words.password)}
        input={{ name: "password", type: "password", autocomplete: "current-password", required: true }}
      />
      <OtpField />
      <Wrong />
      <Button look="main" wide type="submit" disabled={busy.value}>
        {say(busy.value ? words.busy : words.signIn)}
      </Button>
      <p class="first-time">
        <span class="soft">{say(words.firstTime)}</span>
        <Button look="plain" onClick={() => go({ at: "claim" })}>
          {say(words.claim)}
        </Button>
      </p>
    </form>
  );
}

function Claim() {
  const submit = attempt(async ({ code = "", name = "", password = "" }) => {
    const who = { name: name.trim(), password };
    go({ at: "bind", who, setup: await claim(code.trim(), who) });
  });
  return (
    <form onSubmit={submit}>
      <h1>{say(words.claim)}</h1>
      <p class="soft">{say(words.claimLine)}</p>
      <Field
        label={say(words.claimCode)}
        input={{ name: "code", autocomplete: "one-time-code", required: true, defaultValue: linkedCode }}
      />
      <Field label={say(words.name)} input={{ name: "name", autocomplete: "username", required: true }} />
      <Field
        label={say(words.password)}
        hint={say(words.passwordHint)}
        input={{ name: "password", type: "password", autocomplete: "new-password", required: true }}
      />
      <Wrong />
      <Button look="main" wide type="submit" disabled={busy.value}>
        {say(busy.value ? words.busy : words.next)}
      </Button>
      <Button look="plain" icon="back" onClick={() => go({ at: "in" })}>
        {say(words.back)}
      </Button>
    </form>
  );
}

function Bind({ who, setup }: { who: Credentials; setup: Claimed }) {
  return (
    <form onSubmit={attempt(({ otp = "" }) => signIn(who, otp))}>
      <h1>{say(words.totpTitle)}</h1>
      <p class="soft">{say(words.totpLine)}</p>
      <QrCode text={setup.totp_uri} label={say(words.totpPicture)} />
      <p class="secret">
        <span class="soft small">{say(words.totpSecret)}</span>
        <code>{setup.totp_secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
      </p>
      <OtpField />
      <Wrong />
      <Button look="main" wide type="submit" disabled={busy.value}>
        {say(busy.value ? words.busy : words.confirm)}
      </Button>
    </form>
  );
}

/** What stands before the console. */
export function Gate() {
  const now = step.value;
  return (
    <main class="gate-page">
      <Card>
        <Sign />
        {now.at === "in" && <SignIn />}
        {now.at === "claim" && <Claim />}
        {now.at === "bind" && <Bind who={now.who} setup={now.setup} />}
      </Card>
      <LanguageSwitch />
    </main>
  );
}
