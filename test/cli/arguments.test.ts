import { describe, expect, test } from 'vitest';
import {
  defaultUrl,
  hasOption,
  keyValuePairs,
  parseArguments,
  requirePositionals,
  takeGlobalOptions,
  wholeNumber,
} from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/command.ts';

describe('global options', () => {
  test('are taken out wherever they stand', () => {
    expect(takeGlobalOptions(['list', '--json', '--url', 'http://a', '--prefix', 'x', '--quiet'], {})).toEqual({
      url: 'http://a',
      help: false,
      argv: ['list', '--prefix', 'x'],
    });
    expect(takeGlobalOptions(['--url=http://b', '-h'], {})).toEqual({ url: 'http://b', help: true, argv: [] });
    expect(hasOption(['a', '--json'], '--json')).toBe(true);
  });

  test('name the platform by the environment, or else the local one', () => {
    expect(takeGlobalOptions([], { MILLRACE_URL: 'http://c' }).url).toBe('http://c');
    expect(takeGlobalOptions([], { MILLRACE_URL: '' }).url).toBe(defaultUrl);
  });

  test('are left alone behind --', () => {
    expect(takeGlobalOptions(['a', '--', '--help'], {})).toEqual({
      url: defaultUrl,
      help: false,
      argv: ['a', '--', '--help'],
    });
    expect(hasOption(['--', '--json'], '--json')).toBe(false);
  });

  test('need their value', () => {
    expect(() => takeGlobalOptions(['--url'], {})).toThrow(UsageError);
  });
});

describe('arguments of a command', () => {
  test('may be negative durations', () => {
    const { values } = parseArguments(['orders', '--from', '-15m', '-f'], {
      from: { type: 'string' },
      follow: { type: 'boolean', short: 'f' },
    });
    expect(values).toEqual({ from: '-15m', follow: true });
  });

  test('are refused by name when unknown', () => {
    expect(() => parseArguments(['--frm', 'x'], { from: { type: 'string' } })).toThrow(/--frm/);
  });

  test('are counted', () => {
    expect(requirePositionals(['a'], ['the topic'])).toEqual(['a']);
    expect(() => requirePositionals([], ['the topic'])).toThrow('the topic is missing');
    expect(() => requirePositionals(['a', 'b'], ['the topic'])).toThrow('"b" is one argument too many');
  });

  test.each(['', '1.5', '-1', 'x', '1e3', '99999999999999999999'])('are no whole number: %j', (text) => {
    expect(() => wholeNumber(text, '--limit', 0)).toThrow(UsageError);
  });

  test('are pairs', () => {
    expect(keyValuePairs(['a=b=c', 'd='], '--config')).toEqual([
      ['a', 'b=c'],
      ['d', ''],
    ]);
    expect(() => keyValuePairs(['=x'], '--config')).toThrow(UsageError);
  });
});
