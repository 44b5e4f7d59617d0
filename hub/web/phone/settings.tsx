/** The settings sheet: language, size of text, sound, and the way out. */

import { Button, Choice, Dialog, LanguageSwitch, Name } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { rememberedSize, type Size } from "@linli/shared/settings";
import { signal } from "@preact/signals";

import { Cards } from "./cards";
import { Face } from "./face";
import { forget, me, site, sound, standing } from "./phone";
import { words } from "./words";

export const size = rememberedSize();
const asking = signal(false);

function About() {
  const known = me.value;
  return (
    <section>
      <h3>{say(words.about)}</h3>
      <dl class="facts">
        {site.value && (
          <div>
            <dt>{say(words.aboutSite)}</dt>
            <dd>{say(site.value.name)}</dd>
          </div>
        )}
        {known && (
          <div>
            <dt>{say(words.aboutPerson)}</dt>
            <dd>
              <Name>{known.person.name}</Name>
            </dd>
          </div>
        )}
        {known && (
          <div>
            <dt>{say(words.aboutPhone)}</dt>
            <dd>
              <bdi>{known.phone.label}</bdi>
            </dd>
          </div>
        )}
      </dl>
      <p class="soft small">{say(words.aboutShake)}</p>
    </section>
  );
}

function Forget({ onDone }: { onDone: () => void }) {
  if (!asking.value) {
    return (
      <Button
        wide
        icon="trash"
        onClick={() => {
          asking.value = true;
        }}
      >
        {say(words.forget)}
      </Button>
    );
  }
  return (
    <section class="ask">
      <p>{say(words.forgetAsk)}</p>
      <Button
        wide
        look="grave"
        icon="trash"
        onClick={() => {
          forget();
          onDone();
        }}
      >
        {say(words.forgetYes)}
      </Button>
      <Button
        wide
        onClick={() => {
          asking.value = false;
        }}
      >
        {say(words.forgetNo)}
      </Button>
    </section>
  );
}

export function Settings({ onClose }: { onClose: () => void }) {
  const done = () => {
    asking.value = false;
    onClose();
  };
  return (
    <Dialog sheet title={say(words.settings)} onClose={done}>
      <LanguageSwitch />
      <Choice<Size>
        legend={say(words.size)}
        value={size.value}
        options={[
          { value: "usual", text: say(words.sizeUsual) },
          { value: "elder", text: say(words.sizeElder) },
        ]}
        onChoose={(each) => {
          size.value = each;
        }}
      />
      <Choice<"on" | "off">
        legend={say(words.sound)}
        value={sound.value}
        options={[
          { value: "on", text: say(words.soundOn) },
          { value: "off", text: say(words.soundOff) },
        ]}
        onChoose={(each) => {
          sound.value = each;
        }}
      />
      {standing.value === "known" && <Cards />}
      {standing.value === "known" && <Face />}
      <About />
      {standing.value === "known" && <Forget onDone={done} />}
    </Dialog>
  );
}
