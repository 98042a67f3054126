/** What is at a path: a target a method, and the values of the path's parameters, decoded. */
export type FoundRoute<Target> = {
  readonly targets: ReadonlyMap<string, Target>;
  readonly parameters: Readonly<Record<string, string>>;
};

type Node<Target> = { readonly segments: readonly string[]; readonly targets: Map<string, Target> };

/** A path that has more is no route of ours. */
const maxSegments = 16;

/**
 * Finds what a path stands for. Templates have OpenAPI's `{name}` for a parameter, which takes one segment; a segment
 * that is spelled out wins over a parameter. A slash at the end of a path changes nothing.
 */
export class RouteTable<Target> {
  readonly #nodes = new Map<number, Node<Target>[]>();

  add(method: string, template: string, target: Target): void {
    const segments = segmentsOf(template);
    const nodes = this.#nodes.get(segments.length) ?? [];
    this.#nodes.set(segments.length, nodes);
    let node = nodes.find((other) => other.segments.join('/') === segments.join('/'));
    if (node === undefined) {
      node = { segments, targets: new Map() };
      nodes.push(node);
      nodes.sort((one, other) => compareTemplates(one.segments, other.segments));
    }
    node.targets.set(method, target);
  }

  find(path: string): FoundRoute<Target> | null {
    const segments = segmentsOf(path);
    if (segments.length > maxSegments) return null;
    for (const node of this.#nodes.get(segments.length) ?? []) {
      const parameters = match(node.segments, segments);
      if (parameters !== null) return { targets: node.targets, parameters };
    }
    return null;
  }
}

function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

function match(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? '';
    if (!isParameter(part)) {
      if (part !== segment) return null;
    } else if (segment === '') {
      return null;
    } else {
      parameters[part.slice(1, -1)] = decode(segment);
    }
  }
  return parameters;
}

/** What is not percent-encoded properly is taken as it stands: no resource has such a name. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function compareTemplates(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((part, index) => isParameter(part) !== isParameter(other[index] ?? ''));
  if (at === -1) return 0;
  return isParameter(one[at] ?? '') ? 1 : -1;
}

const isParameter = (part: string) => part.startsWith('{') && part.endsWith('}');
