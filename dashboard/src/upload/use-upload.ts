import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Topic } from '../../../src/client/index.ts';
import { type FileFormat, lineReaderOf } from '../../../src/record-files/file-format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { checkFile, type FileReport, type UploadEnd, uploadFile } from './upload-file.ts';

/** What is to be read, and from which line on. */
export type UploadPlan = {
  readonly file: File;
  readonly format: FileFormat;
  readonly partition: number | undefined;
  readonly fromLine: number;
};

/** Where an upload is: a file is first read whole, then sent. */
export type UploadState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'checking'; readonly readBytes: number }
  | { readonly kind: 'checked'; readonly report: FileReport }
  | { readonly kind: 'sending'; readonly readBytes: number; readonly stored: number; readonly isCancelled: boolean }
  | { readonly kind: 'ended'; readonly end: UploadEnd; readonly isCancelled: boolean }
  | { readonly kind: 'unreadable'; readonly error: Error };

/** What may be on its way at once: little enough that a cancellation is soon over. */
const inFlightBytesMax = 4 * 1024 * 1024;

/** One upload at a time; leaving the page cancels it. */
export function useUpload(topic: Topic) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const [state, setState] = useState<UploadState>({ kind: 'idle' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const begin = () => {
    running.current?.abort();
    running.current = new AbortController();
    return running.current.signal;
  };
  const readerOf = ({ format }: UploadPlan) => {
    const reader = lineReaderOf(format);
    if (!reader.ok) setState({ kind: 'unreadable', error: new Error(reader.error.message) });
    return reader.ok ? reader.value : null;
  };
  const set = (signal: AbortSignal, next: UploadState) => {
    if (!signal.aborted) setState(next);
  };

  const check = async (plan: UploadPlan) => {
    const signal = begin();
    const reader = readerOf(plan);
    if (reader === null) return;
    setState({ kind: 'checking', readBytes: 0 });
    const onRead = (readBytes: number) => set(signal, { kind: 'checking', readBytes });
    try {
      set(signal, { kind: 'checked', report: await checkFile({ ...plan, reader, signal, onRead }) });
    } catch (thrown) {
      set(signal, { kind: 'unreadable', error: thrown as Error });
    }
  };

  const send = async (plan: UploadPlan) => {
    const signal = begin();
    const reader = readerOf(plan);
    if (reader === null) return;
    const progress = { readBytes: 0, stored: 0 };
    const show = () => setState({ kind: 'sending', ...progress, isCancelled: signal.aborted });
    show();
    const producer = client.producer({ topic: topic.name, maxInFlightBytes: inFlightBytesMax });
    const end = await uploadFile({
      ...plan,
      reader,
      signal,
      producer,
      onRead: (bytes) => {
        progress.readBytes = bytes;
        show();
      },
      onStored: (records) => {
        progress.stored = records;
        show();
      },
    });
    await producer.close();
    setState({ kind: 'ended', end, isCancelled: signal.aborted });
    await queries.invalidateQueries({ queryKey: [...scope, 'records', topic.topicId] });
  };

  const forget = () => {
    running.current?.abort();
    setState({ kind: 'idle' });
  };

  return { state, check, send, cancel: () => running.current?.abort(), forget };
}
