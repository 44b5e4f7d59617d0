/** Dialogs that more than one page asks by: with a reason that is kept, and about a card. */

import { Button, Choice, Dialog, Field } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { HAD_FIRST, type Had, hadOptions, hadWords } from "@linli/shared/lasthad";
import { useSignal } from "@preact/signals";

import { cardWords } from "./cardwords";
import { words } from "./words";

interface NoteProps {
  title: Words;
  about: string;
  line?: Words | false;
  label: Words;
  hint: Words;
  yes: Words;
  onYes: (note: string) => void;
  onClose: () => void;
}

/** Nothing goes on without a sentence of why; it stands in the log. */
export function NoteDialog({ title, about, line, label, hint, yes, onYes, onClose }: NoteProps) {
  const note = useSignal("");
  return (
    <Dialog title={say(title)} onClose={onClose}>
      <form
        class="ending"
        onSubmit={(event) => {
          event.preventDefault();
          onYes(note.value.trim());
        }}
      >
        <p>
          <strong>{about}</strong>
        </p>
        {line && <p>{say(line)}</p>}
        <Field
          label={say(label)}
          hint={say(hint)}
          input={{
            name: "note",
            required: true,
            maxLength: 400,
            autocomplete: "off",
            value: note.value,
            onInput: (event) => {
              note.value = event.currentTarget.value;
            },
          }}
        />
        <div class="choices">
          <Button onClick={onClose}>{say(words.cancel)}</Button>
          <Button look="main" type="submit" disabled={note.value.trim() === ""}>
            {say(yes)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface StopProps {
  name: string | null;
  house: string | null;
  onYes: (had: Had) => void;
  onClose: () => void;
}

/** A card is stopped at all doors: whose it is stands there once more, and when it was last had. */
export function StopCardDialog({ name, house, onYes, onClose }: StopProps) {
  const had = useSignal<Had>(HAD_FIRST);
  return (
    <Dialog title={say(cardWords.stopTitle)} onClose={onClose}>
      <p>{say(cardWords.stopLine, { name: name ?? "", house: house ?? "" })}</p>
      <Choice
        legend={say(hadWords.deskQuestion)}
        value={had.value}
        options={hadOptions()}
        onChoose={(each) => {
          had.value = each;
        }}
      />
      <p class="soft small">{say(hadWords.line)}</p>
      <div class="choices">
        <Button onClick={onClose}>{say(words.cancel)}</Button>
        <Button look="grave" onClick={() => onYes(had.value)}>
          {say(cardWords.stopYes)}
        </Button>
      </div>
    </Dialog>
  );
}
