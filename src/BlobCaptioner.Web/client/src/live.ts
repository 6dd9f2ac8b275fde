import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Batch, Card, DraftText, PictureState } from './api';

/** What the server tells as it happens; one connection for the whole page, opened again by the browser when it breaks. */
type Listener = { picture?: (card: Card) => void; gone?: (name: string) => void; reopened?: () => void };
const listeners = new Set<Listener>();
const drafts = new Map<string, DraftText[]>();
const overlays = new Map<string, PictureState>();
let batch: Batch | null = null;
let isOpen = false;
let version = 0;
const watchers = new Set<() => void>();
let scheduled = false;

const changed = () => {
  version++;
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      watchers.forEach(w => w());
    });
  }
};

/** What a first answer told, until the feed tells more. */
export const begin = (now: Batch): void => { batch ??= now; changed(); };

export const connect = (): void => {
  const source = new EventSource('/api/events');
  const on = <T>(type: string, take: (data: T) => void) => source.addEventListener(type, e => { take(JSON.parse((e as MessageEvent<string>).data) as T); changed(); });
  let hasBeenOpen = false;
  source.onopen = () => {
    isOpen = true;
    if (hasBeenOpen) {
      listeners.forEach(l => l.reopened?.());
    }
    hasBeenOpen = true;
    changed();
  };
  source.onerror = () => { isOpen = false; overlays.clear(); drafts.clear(); changed(); };
  on<Card>('picture', card => listeners.forEach(l => l.picture?.(card)));
  on<{ name: string }>('gone', ({ name }) => { overlays.delete(name); listeners.forEach(l => l.gone?.(name)); });
  on<{ name: string; state?: PictureState }>('state', ({ name, state }) => {
    if (state) {
      overlays.set(name, state);
    } else {
      overlays.delete(name);
      drafts.delete(name);
    }
  });
  on<{ name: string; texts: DraftText[] }>('draft', ({ name, texts }) => drafts.set(name, texts));
  on<Batch>('batch', now => { batch = now; });
  on<unknown>('index', () => listeners.forEach(l => l.reopened?.()));
};

const subscribe = (watch: () => void) => {
  watchers.add(watch);
  return () => { watchers.delete(watch); };
};

export interface Live { state: (card: Card) => PictureState; draft: (name: string) => DraftText[] | undefined; batch: Batch | null; isOpen: boolean }
const live: Live = {
  state: card => overlays.get(card.name) ?? (card.state === 'preparing' || card.state === 'writing' ? 'waiting' : card.state),
  draft: name => drafts.get(name),
  get batch() { return batch; },
  get isOpen() { return isOpen; },
};
export const useLive = (): Live => {
  useSyncExternalStore(subscribe, () => version);
  return live;
};

export const useLiveEvents = (listener: Listener): void => {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const mine: Listener = {
      picture: card => latest.current.picture?.(card),
      gone: name => latest.current.gone?.(name),
      reopened: () => latest.current.reopened?.(),
    };
    listeners.add(mine);
    return () => { listeners.delete(mine); };
  }, []);
};
