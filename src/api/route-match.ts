import { operations } from './openapi/operations.ts';

/** The paths of the API with the methods each takes, `GET` bringing `HEAD`, and all of them `OPTIONS`. */
const routes = [...Map.groupBy(Object.values(operations), (operation) => operation.path)].map(([path, same]) => ({
  segments: path.split('/'),
  methods: [
    ...same.flatMap((operation): string[] => (operation.method === 'GET' ? ['GET', 'HEAD'] : [operation.method])),
    'OPTIONS',
  ],
}));

/** The methods that the route of this path takes; empty when there is no such route. */
export function allowedMethods(path: string): readonly string[] {
  const segments = path.split('/');
  return routes.find((route) => covers(route.segments, segments))?.methods ?? [];
}

function covers(template: readonly string[], segments: readonly string[]): boolean {
  if (template.length !== segments.length) return false;
  return template.every((part, index) => {
    const segment = segments[index] ?? '';
    return part.startsWith('{') ? segment !== '' : part === segment;
  });
}
