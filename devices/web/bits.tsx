/** The parts that all pages are made of; their looks are in base.css. */

import { signal } from "@preact/signals";
import type { ComponentChildren, HTMLAttributes, InputHTMLAttributes } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { type Language, LANGUAGES, language, OWN_NAMES, say } from "./i18n";
import { Icon, type IconName } from "./icons";
import { parts } from "./parts";

/** What a part says by its colour, its icon and always its words. */
export type Tone = "good" | "mind" | "wait" | "calm" | "grave";

const TONE_ICONS: Readonly<Record<Tone, IconName>> = {
  good: "check",
  mind: "alert",
  wait: "hourglass",
  calm: "info",
  grave: "alert",
};

interface ButtonProps {
  children?: ComponentChildren;
  look?: "main" | "usual" | "plain" | "grave";
  icon?: IconName;
  /** The spoken name of a button that shows only an icon. */
  label?: string;
  wide?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  /** The id of the element that the button opens. */
  opens?: "dialog" | "menu";
  onClick?: () => void;
}

/** Something to press. */
export function Button(props: ButtonProps) {
  const { children, icon, label, look = "usual", type = "button" } = props;
  return (
    <button
      class="button"
      type={type}
      data-look={look}
      data-wide={props.wide || undefined}
      data-bare={children === undefined || undefined}
      disabled={props.disabled ?? false}
      aria-label={label}
      aria-haspopup={props.opens}
      onClick={props.onClick}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

/** A sheet of paper on the ground. */
export function Card({ children, ...rest }: HTMLAttributes<HTMLDivElement>) {
  return (
    <div class="card" {...rest}>
      {children}
    </div>
  );
}

interface NoticeProps {
  tone?: Tone;
  icon?: IconName;
  title?: string;
  children?: ComponentChildren;
  /** Announce it to a screen reader when it appears. */
  spoken?: boolean;
}

/** Something to know, beside what one is doing. */
export function Notice({ tone = "calm", icon, title, children, spoken }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone} role={spoken ? "status" : undefined}>
      <Icon name={icon ?? TONE_ICONS[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}

/** A state in one line: icon and words. */
export function StatusLine(props: { tone?: Tone; icon?: IconName; children: ComponentChildren }) {
  const { tone = "calm", icon, children } = props;
  return (
    <span class="status" data-tone={tone}>
      <Icon name={icon ?? TONE_ICONS[tone]} />
      <span>{children}</span>
    </span>
  );
}

interface FieldProps {
  label: string;
  hint?: string | undefined;
  /** Why the value was not taken. */
  wrong?: string | null | undefined;
  input: InputHTMLAttributes<HTMLInputElement>;
}

/** A labelled input with its hint and what is wrong with it. */
export function Field({ label, hint, wrong, input }: FieldProps) {
  const id = useId();
  const notes = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="soft small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        {...input}
        class="input"
        id={id}
        aria-describedby={notes || undefined}
        aria-invalid={wrong ? "true" : undefined}
      />
      {wrong && (
        <p class="wrong" id={`${id}-wrong`} role="alert">
          <Icon name="alert" />
          <span>{wrong}</span>
        </p>
      )}
    </div>
  );
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Rise from the bottom edge on a phone. */
  sheet?: boolean;
}

/** A native modal dialog: it holds the focus, Escape closes it, the ground behind is inert. */
export function Dialog({ title, onClose, children, sheet }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      class="dialog"
      ref={ref}
      aria-labelledby={id}
      data-sheet={sheet || undefined}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close(); // only the backdrop is the dialog itself
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <Button
          look="plain"
          icon="close"
          label={say(parts.close)}
          onClick={() => ref.current?.close()}
        />
      </header>
      <div class="inside">{children}</div>
    </dialog>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  options: readonly { value: T; text: string; lang?: string }[];
  onChoose: (value: T) => void;
}

/** One of a few, all in sight. */
export function Choice<T extends string>({ legend, value, options, onChoose }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value} lang={option.lang}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            <Icon name="check" />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** The three languages, each under its own name. */
export function LanguageSwitch() {
  return (
    <Choice<Language>
      legend={say(parts.language)}
      value={language.value}
      options={LANGUAGES.map((each) => ({ value: each, text: OWN_NAMES[each], lang: each }))}
      onChoose={(each) => {
        language.value = each;
      }}
    />
  );
}

/** The same as three buttons in a row, for a page that everybody walks up to. */
export function LanguageButtons({ label }: { label: string }) {
  return (
    <div class="languages" role="group" aria-label={label}>
      {LANGUAGES.map((each) => (
        <button
          key={each}
          type="button"
          class="button"
          lang={each}
          aria-pressed={each === language.value}
          onClick={() => {
            language.value = each;
          }}
        >
          {OWN_NAMES[each]}
        </button>
      ))}
    </div>
  );
}

/** A person's name: never converted, with the glyphs of where it is written. */
export function Name({ children }: { children: string }) {
  return <bdi lang="zh-Hans">{children}</bdi>;
}

/** Words of a text as the reader's own language divides them; null where the browser cannot tell. */
function wordsOf(text: string): readonly { segment: string; isWordLike?: boolean }[] | null {
  if (language.value === "en" || !("Segmenter" in Intl)) return null;
  return [...new Intl.Segmenter(language.value, { granularity: "word" }).segment(text)];
}

/** A short text that breaks between words: Chinese has no spaces, so a line would end inside one. */
export function Phrase({ children }: { children: string }) {
  const found = wordsOf(children);
  if (found === null) return <>{children}</>;
  return (
    <>
      {found.map(({ segment, isWordLike }, at) =>
        isWordLike && segment.length > 1 ? (
          <span class="whole" key={at}>
            {segment}
          </span>
        ) : (
          segment
        ),
      )}
    </>
  );
}

/** There is nothing (yet), and what would bring something. */
export function EmptyState(props: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="blank">
      <Icon name={props.icon ?? "list"} />
      <strong>{props.title}</strong>
      {props.children}
    </div>
  );
}

/** It failed, and the way to try again. */
export function ErrorState(props: { title?: string; children?: ComponentChildren; onAgain?: () => void }) {
  return (
    <div class="blank" role="alert">
      <Icon name="alert" />
      <strong>{props.title ?? say(parts.failed)}</strong>
      {props.children}
      {props.onAgain && (
        <Button icon="refresh" onClick={props.onAgain}>
          {say(parts.again)}
        </Button>
      )}
    </div>
  );
}

/** The place of something that is on its way. */
export function Skeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-busy="true">
      <span class="unseen">{say(parts.loading)}</span>
      {Array.from({ length: rows }, (_, row) => (
        <i key={row} />
      ))}
    </div>
  );
}

/** Whether this device has any network at all, as the browser sees it. */
export const hasNetwork = signal(navigator.onLine);
addEventListener("online", () => {
  hasNetwork.value = true;
});
addEventListener("offline", () => {
  hasNetwork.value = false;
});

/** A strip across the page while there is no network or no stream. */
export function OfflineStrip({ lost = false }: { lost?: boolean }) {
  if (hasNetwork.value && !lost) return null;
  return (
    <div class="strip" role="status">
      <Icon name="offline" />
      <span>{say(hasNetwork.value ? parts.lost : parts.offline)}</span>
    </div>
  );
}
