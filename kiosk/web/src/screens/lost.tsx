/** A lost card: which one, are you sure, and then door by door that it opens nothing any more. */
import { Button, Name, Skeleton } from "@linli/shared/bits";
import { dayOf, say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { HAD_FIRST, type Had, hadOptions, hadWords } from "@linli/shared/lasthad";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Sign } from "../art";
import { e } from "../errand-words";
import { type Card, local } from "../local";
import { act, agentLost, busy, go, online, settings } from "../visit";
import { announce } from "../voice";
import { w } from "../words";
import { Screen } from "./frame";
import { Keys } from "./keys";

const LOOK_EVERY_MS = 3_000;

function saidOf(card: Card): string {
  if (!card.told) return say(e.lostTelling);
  if (card.doors_total === 0) return say(e.lostNowhere);
  const counts = { gone: card.doors_gone, total: card.doors_total };
  return say(card.doors_gone === card.doors_total ? e.lostAll : e.lostGone, counts);
}

function Stopped({ card }: { card: Card }) {
  const said = saidOf(card);
  useEffect(() => announce(`${say(e.lostDone)} ${said}`), [said]);
  const all = card.told && card.doors_gone === card.doors_total;
  return (
    <div class="stopped" role="status">
      <Sign kind={all ? "good" : "wait"} />
      <div>
        <b>{say(e.lostDone)}</b>
        <p>{said}</p>
        {card.still_known.length > 0 && (
          <p class="soft">
            {say(e.lostStill, { doors: card.still_known.map((each) => say(each)).join(say(e.comma)) })}
          </p>
        )}
      </div>
    </div>
  );
}

function CardRow({ card, onLost }: { card: Card; onLost: () => void }) {
  return (
    <li class="lost-card" data-blocked={card.blocked}>
      <span class="round">
        <Icon name="card" />
      </span>
      <p>
        <b>
          <Name>{card.holder}</Name>
        </b>
        <span class="soft">{say(e.lostIssued, { day: dayOf(card.issued_at, settings.value?.time_zone) })}</span>
      </p>
      {card.blocked ? (
        <Stopped card={card} />
      ) : (
        <Button
          look="main"
          icon="lock"
          disabled={busy.value || !online.value || agentLost.value}
          onClick={onLost}
        >
          {say(e.lostThis)}
        </Button>
      )}
    </li>
  );
}

export function Lost() {
  const cards = useSignal<readonly Card[] | null>(null);
  const asked = useSignal<Card | null>(null);
  const had = useSignal<Had>(HAD_FIRST);
  const take = (told: { cards: Card[] }) => {
    cards.value = told.cards;
  };
  const look = () => local.cards().then(take, () => {}); // the next look comes soon
  useEffect(() => {
    void act(local.cards, take);
  }, []);
  const waits = cards.value?.some((each) => each.blocked && !(each.told && each.still_known.length === 0));
  useEffect(() => {
    if (!waits) return;
    const beat = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => clearInterval(beat);
  }, [waits]);
  const ask = (card: Card) => {
    asked.value = card;
    had.value = HAD_FIRST;
  };
  const one = asked.value;
  if (one !== null) {
    const stop = async () => {
      await act(() => local.block(one.id, had.value), take);
      asked.value = null;
    };
    const question = say(e.lostAsk, { name: one.holder });
    return (
      <Screen
        name="lost-ask"
        title={question}
        sentence={`${question} ${say(e.lostAskLine)} ${say(hadWords.question)}`}
        keys={
          <>
            <Button icon="back" disabled={busy.value} onClick={() => (asked.value = null)}>
              {say(e.lostNo)}
            </Button>
            <Button look="main" icon="lock" disabled={busy.value} onClick={() => void stop()}>
              {say(e.lostYes)}
            </Button>
          </>
        }
      >
        <p class="lead">{say(e.lostAskLine)}</p>
        <Keys<Had>
          legend={say(hadWords.question)}
          value={had.value}
          options={hadOptions()}
          onChoose={(each) => (had.value = each)}
        />
        <p class="soft">{say(hadWords.line)}</p>
      </Screen>
    );
  }
  const title = say(cards.value?.some((each) => each.blocked) ? e.lostDone : e.lostTitle);
  return (
    <Screen
      name="lost"
      title={title}
      sentence={title}
      keys={
        <Button icon="back" onClick={() => go("bills")}>
          {say(w.payToBills)}
        </Button>
      }
    >
      {cards.value === null && busy.value && (
        <div role="status" aria-label={say(e.lostBusy)}>
          <Skeleton rows={3} />
        </div>
      )}
      {cards.value?.length === 0 && <p class="lead">{say(e.lostNone)}</p>}
      <ul class="lost-cards">
        {cards.value?.map((each) => (
          <CardRow key={each.id} card={each} onLost={() => ask(each)} />
        ))}
      </ul>
      {cards.value?.some((each) => each.blocked) && <p class="lead">{say(e.lostNew)}</p>}
    </Screen>
  );
}
