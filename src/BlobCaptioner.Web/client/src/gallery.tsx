import { Badge, Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue, useElementSize, useMediaQuery, useMergedRef } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState } from 'react';
import { get, query, states, thumbnail, type Card, type Facets, type Page, type PictureState, type Status } from './api';
import { useLive, useLiveEvents } from './live';
import { follow, go, useRoute } from './route';
import { tell } from './tell';
import { choose } from './uploads';
import { nameOf, useWords } from './words';

const pageSize = 60;
const cardWidth = 210;
const cardHeight = 272;
export const colors: Record<PictureState, string> = { waiting: 'gray', preparing: 'cyan', writing: 'violet', described: 'blue', approved: 'teal', declined: 'orange', rejected: 'red', failed: 'red' };
const filterKeys = ['state', 'folder', 'flag', 'language', 'text', 'sort'] as const;
export const filterOf = (params: URLSearchParams): Record<string, string> =>
  Object.fromEntries(filterKeys.flatMap(k => (params.get(k) ? [[k, params.get(k)!]] : [])));

/** Cards of all pictures; only those that are seen are there. */
export const Gallery = ({ status }: { status: Status | null }) => {
  const { say, tongue } = useWords();
  const { params } = useRoute();
  const filter = filterOf(params);
  const key = JSON.stringify(filter);
  const live = useLive();
  const [total, setTotal] = useState<number | null>(null);
  const [counts, setCounts] = useState<Page['states']>({});
  const [facets, setFacets] = useState<Facets | null>(null);
  const pages = useRef(new Map<number, Card[]>());
  const wanted = useRef(new Set<number>());
  const [, redraw] = useState(0);
  const generation = useRef(0);
  const { ref: sized, width } = useElementSize();
  const scroller = useRef<HTMLDivElement | null>(null);
  const both = useMergedRef(sized, scroller);
  const columns = Math.max(1, Math.floor((width + 12) / (cardWidth + 12)));
  const rows = useVirtualizer({ count: Math.ceil((total ?? 0) / columns), getScrollElement: () => scroller.current, estimateSize: () => cardHeight + 12, overscan: 3 });

  const load = useCallback((page: number, isAgain = false) => {
    if (!isAgain && wanted.current.has(page)) {
      return;
    }
    wanted.current.add(page);
    const mine = generation.current;
    get<Page>('/pictures' + query({ ...(JSON.parse(key) as Record<string, string>), offset: page * pageSize, limit: pageSize })).then(
      found => {
        if (mine === generation.current) {
          pages.current.set(page, found.items);
          setTotal(found.total);
          setCounts(found.states);
          redraw(n => n + 1);
        }
      },
      error => { wanted.current.delete(page); tell(say('error'), error); });
  }, [key, say]);

  useEffect(() => {
    generation.current++;
    pages.current.clear();
    wanted.current.clear();
    scroller.current?.scrollTo({ top: 0 });
    load(0);
  }, [load]);
  const [settled] = useDebouncedValue(total, 2000, { leading: true });
  useEffect(() => { get<Facets>('/facets').then(setFacets, () => {}); }, [settled]);

  // What changes is drawn at once where it is seen; lists and counts follow a moment later.
  const refresh = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const later = useCallback(() => {
    refresh.current ??= setTimeout(() => {
      refresh.current = undefined;
      const seen = new Set(rows.getVirtualItems().map(r => Math.floor((r.index * columns) / pageSize)));
      for (const page of wanted.current) {
        if (!seen.has(page)) {
          wanted.current.delete(page);
        }
      }
      (seen.size ? [...seen] : [0]).forEach(page => load(page, true));
    }, 400);
  }, [rows, columns, load]);
  useEffect(() => () => clearTimeout(refresh.current), []);
  useLiveEvents({
    picture: card => {
      for (const cards of pages.current.values()) {
        const at = cards.findIndex(c => c.name === card.name);
        if (at >= 0) {
          cards[at] = card;
        }
      }
      later();
    },
    gone: later,
    reopened: later,
  });

  const shown = rows.getVirtualItems();
  const first = Math.floor(((shown[0]?.index ?? 0) * columns) / pageSize);
  const last = Math.floor(((((shown.at(-1)?.index ?? 0) + 1) * columns) - 1) / pageSize);
  useEffect(() => {
    for (let page = first; page <= last && page * pageSize < (total ?? 0); page++) {
      load(page);
    }
  }, [first, last, total, load]);

  const isNarrow = useMediaQuery('(max-width: 500px)', false, { getInitialValueInEffect: false });
  const [isOpen, setOpen] = useState(false);
  const set = (changes: Record<string, string | null>) => go('/' + query({ ...filter, ...changes }), true);
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const number = new Intl.NumberFormat(tongue);
  return (
    <div className="gallery">
      <h1 style={hidden}>{say('gallery')}</h1>
      <div className="states" role="group" aria-label={say('gallery')}>
        {([undefined, ...states] as const).filter(s => !s || counts[s] || filter.state === s).map(s => (
          <Button key={s ?? 'all'} size="compact-sm" variant={filter.state === s ? 'filled' : 'default'} aria-pressed={filter.state === s} onClick={() => set({ state: s ?? null })}>
            {say(s ?? 'all')} {number.format(s ? counts[s] ?? 0 : all)}
          </Button>))}
      </div>
      <div className="filters" role="search">
        <Search value={filter.text ?? ''} onChange={text => set({ text })} />
        {isNarrow && <Button size="xs" variant="default" aria-expanded={isOpen} onClick={() => setOpen(o => !o)}>{say('filter')}</Button>}
        {(!isNarrow || isOpen) && <>
        <Select size="xs" label={say('folder')} searchable clearable value={filter.folder ?? null} onChange={folder => set({ folder })}
          data={Object.entries(facets?.folders ?? {}).filter(([f]) => f).map(([f, n]) => ({ value: f, label: `${f} (${number.format(n)})` }))} />
        <Select size="xs" label={say('flag')} searchable clearable value={filter.flag ?? null} onChange={flag => set({ flag })}
          data={Object.entries(facets?.flags ?? {}).map(([f, n]) => ({ value: f, label: `${f} (${number.format(n)})` }))} />
        <Select size="xs" label={say('copyLanguage')} clearable value={filter.language ?? null} onChange={language => set({ language })}
          data={Object.entries(facets?.languages ?? {}).map(([l, n]) => ({ value: l, label: `${nameOf(l, tongue)} (${number.format(n)})` }))} />
        <Select size="xs" label={say('sort')} allowDeselect={false} value={filter.sort ?? 'name'} onChange={sort => set({ sort: sort === 'name' ? null : sort })}
          data={[{ value: 'name', label: say('byName') }, { value: 'newest', label: say('newest') }]} />
        </>}
        <Button size="xs" onClick={() => choose(false)}>{say('add')}</Button>
        <Button size="xs" variant="default" onClick={() => choose(true)}>{say('addFolder')}</Button>
      </div>
      {status && !status.isIndexComplete && <div role="status" className="strip">{say('reading')}</div>}
      <div className="cards" ref={both} tabIndex={-1}>
        <p aria-live="polite" style={{ margin: '4px 0', fontSize: 13 }}>{total === null ? say('loading') : say('count', { n: number.format(total) })}</p>
        {total === 0 && (
          <div>
            <p>{Object.keys(filter).length ? say('noneFilter') : say('none')}</p>
            {Object.keys(filter).length ? <Button variant="default" onClick={() => go('/', true)}>{say('clear')}</Button> : <p>{say('noneWhy')}</p>}
          </div>)}
        <div role="list" aria-label={say('gallery')} style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {shown.map(row => (
            <div key={row.key} className="row" role="presentation"
              style={{ transform: `translateY(${row.start}px)`, height: cardHeight + 12, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
                {Array.from({ length: Math.min(columns, (total ?? 0) - row.index * columns) }, (_, column) => {
                  const i = row.index * columns + column;
                  const card = pages.current.get(Math.floor(i / pageSize))?.[i % pageSize];
                  return <div role="listitem" key={card?.name ?? i} style={{ minWidth: 0 }}>{card ? <OneCard card={card} to={'/record' + query({ ...filter, name: card.name, i })} state={live.state(card)} draft={live.draft(card.name)?.map(t => t.text).filter(Boolean).join(' · ')} /> : <div className="card" />}</div>;
                })}
            </div>))}
        </div>
      </div>
    </div>
  );
};

const hidden = { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)', margin: 0 } as const;

const Search = ({ value, onChange }: { value: string; onChange: (text: string) => void }) => {
  const { say } = useWords();
  const [text, setText] = useState(value);
  const [settled] = useDebouncedValue(text, 300);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => { if (settled !== value) { latest.current(settled); } }, [settled]);
  return <TextInput size="xs" type="search" label={say('search')} value={text} onChange={e => setText(e.currentTarget.value)} />;
};

const OneCard = ({ card, to, state, draft }: { card: Card; to: string; state: PictureState; draft?: string | undefined }) => {
  const { say } = useWords();
  const [isBroken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [card.imageVersion]);
  const slash = card.name.lastIndexOf('/');
  return (
    <a className="card" href={to} onClick={follow} data-name={card.name} data-state={state}>
      <div className="shot">
        {isBroken ? <span aria-hidden="true">∅</span> : <img src={thumbnail(card)} alt={card.title ?? card.name.slice(slash + 1)} loading="lazy" decoding="async" onError={() => setBroken(true)} />}
      </div>
      <div className="below">
        <div className="bar" style={{ gap: 4 }}>
          <State state={state} />
          {card.isProduct && <Badge size="sm" variant="default">{say('product')}</Badge>}
          {card.isEdited && <Badge size="sm" variant="default">{say('edited')}</Badge>}
          {card.flags.length > 0 && <Badge size="sm" variant="default" title={card.flags.join(', ')}>{say('flags', { n: card.flags.length })}</Badge>}
        </div>
        {state === 'writing' ? <div className="lines draft">{draft}</div> : <div className="lines">{card.problem ?? card.title}</div>}
        <div className="name" title={card.name}>{card.name}</div>
      </div>
    </a>
  );
};

export const State = ({ state }: { state: PictureState }) => {
  const { say } = useWords();
  return <Badge size="sm" color={`${colors[state]}.9`} variant="filled">{say(state)}</Badge>;
};
