/** One of a few, each a large key: what a finger chooses from on a screen in a hall. */
import { Icon } from "@linli/shared/icons";

interface ChoiceProps<T> {
  legend: string;
  value: T;
  options: readonly { value: T; text: string }[];
  onChoose: (value: T) => void;
}

export function Keys<T extends string | number>({ legend, value, options, onChoose }: ChoiceProps<T>) {
  return (
    <div class="choose" role="group" aria-label={legend}>
      <h2>{legend}</h2>
      <div>
        {options.map((each) => (
          <button
            key={each.value}
            type="button"
            class="button"
            aria-pressed={each.value === value}
            onClick={() => onChoose(each.value)}
          >
            {each.value === value && <Icon name="check" />}
            <span>{each.text}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
