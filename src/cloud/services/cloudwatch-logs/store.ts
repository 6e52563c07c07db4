import type { Clock } from '../../../time/clock.ts';
import { AwsError, type LogStore, type Weather } from '../../contract.ts';

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
  /** 1, 2, 3 … over the whole store: orders events of one millisecond. */
  readonly sequence: number;
}

export interface LogStream {
  readonly name: string;
  readonly createdMs: number;
  /** Ordered by timestamp, then by arrival. */
  readonly events: LogEvent[];
}

interface LogGroup {
  readonly name: string;
  readonly createdMs: number;
  readonly streams: Map<string, LogStream>;
}

export interface LogRecords extends LogStore {
  createGroup(name: string): void;
  createStream(group: string, stream: string): void;
  /** Groups by name, in order. */
  groups(): LogGroup[];
  /** What can be seen by now: AWS shows lines, and streams, some seconds after they were written. @throws ResourceNotFoundException */
  group(name: string): LogGroup;
  streams(group: string): LogStream[];
  stream(group: string, stream: string): LogStream;
  visibleEvents(stream: LogStream): LogEvent[];
}

/** @param weather its `logsDelayMs` is read at every look, so that it may change while the cloud runs */
export function createLogRecords({ clock, weather }: { clock: Clock; weather: Pick<Weather, 'logsDelayMs'> }): LogRecords {
  const all = new Map<string, LogGroup>();
  let sequence = 0;
  const nowMs = () => clock.now().getTime();
  const seen = (ms: number) => ms + weather.logsDelayMs <= nowMs();

  const group = (name: string) => all.get(name) ?? missing('group');
  const addGroup = (name: string) => {
    const made: LogGroup = { name, createdMs: nowMs(), streams: new Map() };
    all.set(name, made);
    return made;
  };
  const addStream = (owner: LogGroup, name: string) => {
    const made: LogStream = { name, createdMs: nowMs(), events: [] };
    owner.streams.set(name, made);
    return made;
  };

  return {
    append: (groupName, streamName, lines) => {
      const owner = all.get(groupName) ?? addGroup(groupName);
      const stream = owner.streams.get(streamName) ?? addStream(owner, streamName);
      for (const { at, message } of lines) {
        insert(stream.events, { timestamp: at.getTime(), ingestionTime: nowMs(), message, sequence: ++sequence });
      }
    },
    createGroup: (name) => {
      if (all.has(name)) throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
      addGroup(name);
    },
    createStream: (groupName, name) => {
      const owner = group(groupName);
      if (owner.streams.has(name))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      addStream(owner, name);
    },
    groups: () => [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    group,
    streams: (name) => [...group(name).streams.values()].filter((stream) => seen(stream.createdMs)),
    stream: (groupName, name) => {
      const stream = group(groupName).streams.get(name);
      return stream && seen(stream.createdMs) ? stream : missing('stream');
    },
    visibleEvents: (stream) => stream.events.filter((event) => seen(event.ingestionTime)),
  };
}

function missing(what: 'group' | 'stream'): never {
  throw new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`);
}

function insert(events: LogEvent[], event: LogEvent): void {
  let place = events.length;
  for (let before = events[place - 1]; before && before.timestamp > event.timestamp; before = events[place - 1]) place--;
  if (place === events.length) events.push(event);
  else events.splice(place, 0, event);
}
