import { Badge, type Tone } from '../ui/badge.tsx';

const tones: Readonly<Record<string, Tone>> = { stable: 'ok', empty: 'neutral', reconciling: 'warn' };

export function GroupState({ state }: { readonly state: string }) {
  return <Badge tone={tones[state] ?? 'info'}>{state}</Badge>;
}
