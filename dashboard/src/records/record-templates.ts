import type { HeaderText } from './headers-field.tsx';

/** What the form of a record holds. */
export type RecordForm = {
  readonly key: string;
  readonly hasKey: boolean;
  readonly value: string;
  readonly valueKind: 'json' | 'text' | 'tombstone';
  readonly partition: string;
  readonly headers: readonly HeaderText[];
};

export type RecordTemplate = { readonly name: string; readonly form: RecordForm };

/** The room that browsers give to a site is small, and records are large: the oldest gives way. */
const templatesPerTopic = 20;

/** Whose templates: they stay in this browser, by cluster and topic. */
export type TemplatePlace = { readonly scope: readonly [string, string]; readonly topic: string };

const keyOf = ({ scope, topic }: TemplatePlace) => `millrace.templates/${[...scope, topic].join('/')}`;

/** The templates of a topic, the newest first. What cannot be read is none. */
export function readTemplates(place: TemplatePlace): readonly RecordTemplate[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(place)) ?? '[]');
    return Array.isArray(stored) ? (stored as RecordTemplate[]) : [];
  } catch {
    return [];
  }
}

/** Keeps a template; one of the same name gives way to it. Answers all of them, or null when the browser is full. */
export function keepTemplate(place: TemplatePlace, template: RecordTemplate): readonly RecordTemplate[] | null {
  return write(place, [template, ...without(place, template.name)].slice(0, templatesPerTopic));
}

export function forgetTemplate(place: TemplatePlace, name: string): readonly RecordTemplate[] | null {
  return write(place, without(place, name));
}

function without(place: TemplatePlace, name: string): RecordTemplate[] {
  return readTemplates(place).filter((template) => template.name !== name);
}

function write(place: TemplatePlace, templates: readonly RecordTemplate[]): readonly RecordTemplate[] | null {
  try {
    localStorage.setItem(keyOf(place), JSON.stringify(templates));
    return templates;
  } catch {
    return null;
  }
}
