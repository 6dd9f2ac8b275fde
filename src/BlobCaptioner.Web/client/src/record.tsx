import { Alert, Anchor, Badge, Button, Code, Menu, MultiSelect, Select, Tabs, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, asText, call, get, lengthOf, original, person, query, type CaptionRecord, type Change, type Conflict, type Field, type Page, type ProfileItem, type RecordView, type Story, type Value } from './api';
import { filterOf, State } from './gallery';
import { useLive, useLiveEvents } from './live';
import { follow, go, useRoute } from './route';
import { tell } from './tell';
import { canUndo, note, undoLast } from './undo';
import { explain, label, nameOf, useWords, type Say } from './words';

const keyOf = (language: string | undefined, field: string) => (language ? `copy/${language}/${field}` : `attributes/${field}`);
const isList = (field: Field) => field.kind === 'textList' || field.kind === 'choices';
const toValue = (field: Field, text: string): Value => (isList(field) ? text.split('\n').map(l => l.trim()).filter(Boolean) : text);
const isIn = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.getAttribute('role') === 'option');

/** What stands in a field: a person's words before the model's. */
const shown = (record: CaptionRecord, field: string, language?: string): Value | null => {
  const edits = record.review?.edits;
  return language
    ? edits?.copy?.[language]?.[field] ?? record.copy[language]?.[field] ?? null
    : edits?.attributes?.[field] ?? record.attributes[field]?.value ?? null;
};
const written = (record: CaptionRecord, field: string, language?: string): Value | null =>
  (language ? record.copy[language]?.[field] : record.attributes[field]?.value) ?? null;

export const RecordPage = () => {
  const { params } = useRoute();
  const name = params.get('name') ?? '';
  return <OneRecord key={name} name={name} params={params} />;
};

interface Mine { field: Field; language?: string; text: string; was: Value | null; theirs?: Value | null }

const OneRecord = ({ name, params }: { name: string; params: URLSearchParams }) => {
  const { say, tongue } = useWords();
  const filter = filterOf(params);
  const at = Number(params.get('i') ?? -1);
  const live = useLive();
  const [view, setView] = useState<RecordView | null>(null);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [mine, setMine] = useState<Record<string, Mine>>({});
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [language, setLanguage] = useState<string | number | null>(null);
  const [isKeysOpen, setKeysOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const latest = useRef({ view, mine });
  latest.current = { view, mine };

  const show = useCallback((found: RecordView) => {
    latest.current = { ...latest.current, view: found };
    setView(found);
  }, []);
  const forget = useCallback((keys: string[], stored?: Record<string, Mine>) => {
    // What was typed since it was sent stays.
    const left = Object.fromEntries(Object.entries(latest.current.mine).filter(([k, m]) => !(keys.includes(k) && (!stored || stored[k]?.text === m.text))));
    latest.current = { ...latest.current, mine: left };
    setMine(left);
  }, []);
  const load = useCallback(() => get<RecordView>('/record' + query({ name })).then(
    found => { show(found); setFault(null); },
    error => { if (error instanceof ApiError) { setFault(error); } else { tell(say('error'), error); } }), [name, say, show]);
  // One thing after the other: leaving a field stores it, and so does the button that was clicked to leave it.
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const inTurn = <T,>(act: () => Promise<T>): Promise<T> => {
    const mine_ = turn.current.then(act);
    turn.current = mine_.catch(() => {});
    return mine_;
  };
  useEffect(() => { turn.current = load(); heading.current?.focus(); }, [load]);
  const later = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLiveEvents({
    picture: card => {
      if (card.name === name) {
        clearTimeout(later.current);
        later.current = setTimeout(() => void load(), 150);
      }
    },
    reopened: () => void load(),
  });

  const wantsEdit = useRef(false);
  useEffect(() => {
    if (wantsEdit.current && view?.record) {
      wantsEdit.current = false;
      document.querySelector<HTMLElement>('.field textarea')?.focus();
    }
  }, [view]);
  const record = view?.record;
  const languages = record?.profile.languages ?? Object.keys(record?.copy ?? {});
  // A number is a key that was pressed, maybe before the languages were known.
  const tag = (typeof language === 'number' ? languages[language - 1] : languages.find(l => l === language)) ?? languages[0] ?? null;

  /** Writes to the record, and notes it for undo. */
  const write = async (method: string, path: string, body: { eTag: string; changes?: Change[]; state?: string }): Promise<RecordView> => {
    const stored = await call<RecordView>(method, path + query({ name }), { ...body, by: person() });
    note({ name, place: '?' + params.toString(), before: body.eTag, eTag: stored.eTag!, steps: stored.undoSteps });
    show(stored);
    return stored;
  };

  /** Stores what is not stored yet. False where somebody else was faster. */
  const save = async (keys?: string[]): Promise<RecordView | null> => {
    const { view: now, mine: all } = latest.current;
    const entries = Object.entries(all).filter(([k]) => !keys || keys.includes(k));
    if (!now?.eTag || entries.length === 0) {
      return now;
    }
    const changes: Change[] = entries.map(([, m]) => ({ language: m.language, field: m.field.name, value: toValue(m.field, m.text), was: m.was }));
    try {
      const stored = await write('PATCH', '/record', { eTag: now.eTag, changes });
      forget(entries.map(([k]) => k), Object.fromEntries(entries));
      setConflict(null);
      return stored;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && (error.body as Conflict | null)?.now) {
        const told = error.body as Conflict;
        setConflict(told);
        show(told.now);
        setMine(left => Object.fromEntries(Object.entries(left).map(([k, m]) =>
          [k, told.fields.includes(k) && told.now.record ? { ...m, theirs: shown(told.now.record, m.field.name, m.language) } : m])));
      } else {
        tell(say('error'), error);
      }
      return null;
    }
  };

  const step = async (direction: 1 | -1) => {
    if (at < 0) {
      go('/');
      return;
    }
    // A picture that was just decided may have left the list, and the next one taken its place.
    const offset = direction > 0 ? at : Math.max(0, at - 1);
    const page = await get<Page>('/pictures' + query({ ...filter, offset, limit: 2 }));
    const found = direction > 0 ? page.items.findIndex(c => c.name !== name) : at > 0 ? 0 : -1;
    const next = page.items[found];
    if (next && next.name !== name) {
      go('/record' + query({ ...filter, name: next.name, i: offset + found }), true);
    } else {
      notifications.show({ message: say('last') });
    }
  };

  const leave = (direction: 1 | -1) => inTurn(async () => {
    if (Object.keys(latest.current.mine).length === 0 || (await save())) {
      await step(direction);
    }
  });

  const decide = (state: string, isNext: boolean) => inTurn(async () => {
    setBusy(true);
    try {
      const now = await save();
      if (!now?.eTag) {
        return;
      }
      await write('POST', '/review', { eTag: now.eTag, state });
      if (isNext) {
        await step(1);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && (error.body as Conflict | null)?.now) {
        show((error.body as Conflict).now);
        notifications.show({ message: say('changedSince'), color: 'orange', autoClose: 10_000 });
      } else {
        tell(say('error'), error);
      }
    } finally {
      setBusy(false);
    }
  });

  /** Takes back what was done last in this tab, and shows it. */
  const undo = () => inTurn(async () => {
    setBusy(true);
    try {
      const undone = await undoLast(person());
      notifications.show({ message: undone ? say('undone', { x: undone.step.name }) : say('nothingToUndo') });
      if (undone?.step.name === name) {
        show(undone.now);
      } else if (undone && Object.keys(latest.current.mine).length === 0) {
        go('/record' + undone.step.place, true);
      }
    } catch (error) {
      const changed = error instanceof ApiError && error.status === 409 ? (error.body as Conflict | null)?.now : undefined;
      if (changed) {
        if (changed.card.name === name) {
          show(changed);
        }
        notifications.show({ message: say('notUndone', { x: changed.card.name }), color: 'orange', autoClose: 10_000 });
      } else {
        tell(say('error'), error);
      }
    } finally {
      setBusy(false);
    }
  });

  const redo = (ask: { fields?: string[]; languages?: string[]; profile?: string }) => inTurn(async () => {
    if (!(await save())) {
      return;
    }
    try {
      await call('POST', '/redo', { names: [name], fields: ask.fields ?? [], languages: ask.languages ?? [], profile: ask.profile });
      notifications.show({ message: say('redoing') });
    } catch (error) {
      tell(say('error'), error);
    }
  });

  const back = '/' + query(filter);
  const onKey = (e: KeyboardEvent) => {
    if (e.ctrlKey && e.key === 'Enter') {
      e.preventDefault();
      void decide('approved', true);
      return;
    }
    if (isIn(e.target)) {
      if (e.key === 'Escape') {
        (e.target as HTMLElement).blur();
        heading.current?.focus();
      }
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector('[role="menu"]')) {
      return;
    }
    const act: Record<string, () => void> = {
      a: () => void decide('approved', true), x: () => void decide('rejected', true), u: () => void undo(), r: () => void redo({}),
      n: () => void leave(1), ArrowRight: () => void leave(1), p: () => void leave(-1), ArrowLeft: () => void leave(-1),
      e: () => { const first = document.querySelector<HTMLElement>('.field textarea'); wantsEdit.current = !first; first?.focus(); }, Escape: () => go(back), '?': () => setKeysOpen(o => !o),
    };
    const does = /^[1-9]$/.test(e.key) ? () => setLanguage(Number(e.key)) : act[e.key];
    if (does && !((e.target as HTMLElement).getAttribute('role') === 'tab' && e.key.startsWith('Arrow'))) {
      e.preventDefault();
      does();
    }
  };
  const latestKey = useRef(onKey);
  latestKey.current = onKey;
  useEffect(() => {
    const listen = (e: KeyboardEvent) => latestKey.current(e);
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);

  if (fault && !view) {
    return <div className="sheet"><Anchor href={back} onClick={follow}>{say('back')}</Anchor><Alert color="red" title={say('error')} mt="md">{fault.message} {fault.remedy}</Alert></div>;
  }
  const state = view ? live.state(view.card) : 'waiting';
  const draft = live.draft(name);
  const fieldsOf = (inLanguage?: string) => (view?.fields ?? []).filter(f => (inLanguage ? !f.isAttribute && (!f.languages || f.languages.includes(inLanguage)) : f.isAttribute));
  const draw = (field: Field, inLanguage?: string) => {
    const key = keyOf(inLanguage, field.name);
    return record && <FieldEditor key={key} field={field} language={inLanguage} record={record} mine={mine[key]}
      onChange={text => setMine(all => ({ ...all, [key]: { field, language: inLanguage, text, was: all[key]?.was ?? shown(record, field.name, inLanguage) } }))}
      onDrop={() => forget([key])}
      onLeave={() => { if (mine[key] && mine[key].theirs === undefined) { void inTurn(() => save([key])); } }}
      onKeep={() => inTurn(async () => {
        const insisted = { ...mine[key]!, was: mine[key]!.theirs ?? null };
        latest.current = { ...latest.current, mine: { ...latest.current.mine, [key]: insisted } };
        await save([key]);
      })}
      onTakeBack={() => inTurn(async () => {
        try {
          await write('PATCH', '/record', {
            eTag: latest.current.view!.eTag!, changes: [{ language: inLanguage, field: field.name, value: null, was: shown(record, field.name, inLanguage) }],
          });
          forget([key]);
        } catch (error) {
          tell(say('error'), error);
        }
      })}
      onRedo={() => void redo({ fields: [field.name], languages: inLanguage ? [inLanguage] : [] })} />;
  };

  return (
    <div className="sheet">
      <div className="bar" style={{ marginBottom: 10 }}>
        <Anchor href={back} onClick={follow}>{say('back')}</Anchor>
        <span className="grow" />
        <Button size="xs" variant="default" onClick={() => void leave(-1)}>{say('previous')}</Button>
        <Button size="xs" variant="default" onClick={() => void leave(1)}>{say('next')}</Button>
        <Button size="xs" variant="default" aria-expanded={isKeysOpen} onClick={() => setKeysOpen(o => !o)}>{say('keys')}</Button>
      </div>
      {isKeysOpen && <Alert mb="sm" variant="outline">{say('keysText')}</Alert>}
      <div className="record">
        <div className="large">
          {view && <img src={original(view.card.image)} alt={view.card.title ?? name}
            onError={e => { const image = e.currentTarget; if (!image.src.includes('/thumbnail')) { image.src = '/api/thumbnail' + query({ name: view.card.image }); } }} />}
          {view && <Anchor size="sm" href={original(view.card.image)} target="_blank" rel="noreferrer">{say('large')}</Anchor>}
        </div>
        <div>
          <h1 ref={heading} tabIndex={-1} style={{ fontSize: 18, margin: '0 0 6px', overflowWrap: 'anywhere', outline: 'none' }}>{name}</h1>
          <div className="bar" style={{ marginBottom: 8 }}>
            <State state={state} />
            {record && <Badge variant="default" size="sm">{say('profile')}: {record.profile.name}{record.profile.pinned ? ` (${say('pinned')})` : ''}</Badge>}
            {record?.product && <span className="under">{say('views', { x: record.product.sku })}: {record.product.views.map(v => <Anchor key={v} size="xs" href={'/record' + query({ name: v })} onClick={follow}>{v.slice(v.lastIndexOf('/') + 1)}</Anchor>)}</span>}
          </div>
          {record?.error && <Alert color="red" mb="sm" title={record.error.code} data-testid="reason">{record.error.message} {record.error.remedy}</Alert>}
          {conflict && <Alert color="orange" mb="sm" role="alert" data-testid="conflict">{say('conflict', { who: conflict.by ?? say('somebody') })}</Alert>}
          {record && <Flags flags={record.flags} say={say} />}
          <div className="bar" style={{ margin: '8px 0 12px' }}>
            <Button size="sm" color="teal.9" disabled={isBusy || record?.status !== 'described'} onClick={() => void decide('approved', true)}>{say('approve')}</Button>
            <Button size="sm" color="orange.9" variant="default" disabled={isBusy || !record} onClick={() => void decide('rejected', true)}>{say('decline')}</Button>
            {(view?.card.state === 'approved' || view?.card.state === 'declined') && <Button size="sm" variant="default" onClick={() => void decide('open', false)}>{say('reopen')}</Button>}
            <Button size="sm" variant="default" disabled={isBusy || !canUndo()} title={say('undoWhy')} onClick={() => void undo()}>{say('undo')}</Button>
            {record && <RedoMenu languages={languages} canChange={view.canChangeProfile} onRedo={ask => void redo(ask)} />}
            <span role="status" className="under" data-testid="saved">{Object.keys(mine).length ? say('unsaved') : record?.review ? say('saved') : ''}</span>
          </div>
          {(state === 'writing' || !record) && view && !record?.error && (
            <section aria-label={say('writing')} className={state === 'writing' ? 'draft' : ''} style={{ marginBottom: 12 }}>
              {draft?.length ? draft.map(t => <div key={`${t.language}/${t.field}`}><b>{label(t.field)}{t.language ? ` (${t.language})` : ''}</b> {t.text}</div>) : !record && <p>{say('noRecord')}</p>}
            </section>)}
          {record && tag && fieldsOf(tag).length + languages.length > 0 && (
            <section aria-label={say('copy')}>
              {languages.length > 1
                ? <Tabs value={tag} onChange={setLanguage} keepMounted={false}>
                    <Tabs.List mb="xs" aria-label={say('copyLanguage')}>{languages.map(l => <Tabs.Tab key={l} value={l}>{nameOf(l, tongue)}</Tabs.Tab>)}</Tabs.List>
                    {languages.map(l => <Tabs.Panel key={l} value={l} lang={l}>{fieldsOf(l).map(f => draw(f, l))}</Tabs.Panel>)}
                  </Tabs>
                : fieldsOf(tag).map(f => draw(f, tag))}
            </section>)}
          {record && fieldsOf().length > 0 && <section aria-label={say('attributes')}><h2 style={{ fontSize: 16, margin: '14px 0 6px' }}>{say('attributes')}</h2>{fieldsOf().map(f => draw(f))}</section>}
          {view && <StoryOf name={view.card.name} version={view.eTag ?? state} />}
          {record && <details style={{ marginTop: 8 }}>
            <summary>{say('receipt')}</summary>
            <div className="scroll" tabIndex={0}><table><tbody>
              {Object.entries(record.generation).filter(([, v]) => v !== null && typeof v !== 'object').map(([k, v]) => <tr key={k}><th scope="row" style={{ textAlign: 'left', fontWeight: 400 }}>{label(k.replace(/[A-Z]/g, c => ' ' + c.toLowerCase()))}</th><td>{String(v)}</td></tr>)}
            </tbody></table></div>
          </details>}
          {record && <details style={{ marginTop: 8 }}><summary>{say('raw')}</summary><pre className="text" tabIndex={0}>{JSON.stringify(record, null, 2)}</pre></details>}
        </div>
      </div>
    </div>
  );
};

const Flags = ({ flags, say }: { flags: string[]; say: Say }) => flags.length === 0 ? null : (
  <ul style={{ margin: '0 0 8px', paddingLeft: 18 }} data-testid="flags">
    {flags.map(f => <li key={f} style={{ fontSize: 13 }}><Code>{f}</Code> {explain(f, say)}</li>)}
  </ul>);

/** What happened to the picture, and what comes next. It is asked for when it is opened, and again when the picture changes. */
const StoryOf = ({ name, version }: { name: string; version: string }) => {
  const { say, tongue } = useWords();
  const [isOpen, setOpen] = useState(false);
  const [story, setStory] = useState<Story | null>(null);
  useEffect(() => { if (isOpen) { void get<Story>('/why' + query({ name })).then(setStory, error => tell(say('error'), error)); } }, [isOpen, name, version, say]);
  return (
    <details style={{ marginTop: 12 }} onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>{say('story')}</summary>
      {story && <ol data-testid="story" lang="en">
        {story.events.map((e, i) => <li key={i}>{e.at && <time dateTime={e.at} className="under">{new Date(e.at).toLocaleString(tongue)} </time>}{e.text}</li>)}
        <li><b>{story.next}</b></li>
      </ol>}
    </details>);
};

const RedoMenu = ({ languages, canChange, onRedo }: { languages: string[]; canChange: boolean; onRedo: (ask: { languages?: string[]; profile?: string }) => void }) => {
  const { say, tongue } = useWords();
  const [profiles, setProfiles] = useState<ProfileItem[]>([]);
  return (
    <Menu position="bottom-start" withinPortal onOpen={() => { void get<ProfileItem[]>('/profiles').then(setProfiles, () => {}); }}>
      <Menu.Target><Button size="sm" variant="default">{say('redo')}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onRedo({})}>{say('redoAll')}</Menu.Item>
        {languages.length > 1 && languages.map(l => <Menu.Item key={l} onClick={() => onRedo({ languages: [l] })}>{say('redoLanguage', { x: nameOf(l, tongue) })}</Menu.Item>)}
        {canChange && profiles.filter(p => !p.problem).length > 0 && <Menu.Divider />}
        {canChange && profiles.filter(p => !p.problem).map(p => <Menu.Item key={p.name} onClick={() => onRedo({ profile: p.name })}>{say('redoAs')}: {p.name}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>);
};

interface FieldProps {
  field: Field; language?: string | undefined; record: CaptionRecord; mine?: Mine | undefined; onChange: (text: string) => void; onDrop: () => void; onLeave: () => void;
  onKeep: () => Promise<void>; onTakeBack: () => Promise<void>; onRedo: () => void;
}

const FieldEditor = ({ field, language, record, mine, onChange, onDrop, onLeave, onKeep, onTakeBack, onRedo }: FieldProps) => {
  const { say, tongue } = useWords();
  const stored = shown(record, field.name, language);
  const text = mine?.text ?? asText(stored);
  const key = keyOf(language, field.name);
  const signed = record.review?.edited?.[key];
  const model = written(record, field.name, language);
  const attribute = language ? undefined : record.attributes[field.name];
  const items = isList(field) ? (toValue(field, text) as string[]) : [text];
  const longest = Math.max(0, ...items.map(lengthOf));
  const isOver = (field.maxCharacters !== undefined && longest > field.maxCharacters) || (isList(field) && field.maxItems !== undefined && items.length > field.maxItems);
  const common = { label: label(field.name), size: 'sm' as const, 'data-key': key };
  return (
    <div className="field" data-field={key}>
      {field.values.length > 0 && !isList(field)
        ? <Select {...common} searchable clearable value={text || null} data={[...new Set([...(text ? [text] : []), ...field.values])]} placeholder={say('unknown')}
            onChange={v => onChange(v ?? '')} onBlur={onLeave} />
        : field.values.length > 0
        ? <MultiSelect {...common} searchable clearable value={items} maxValues={field.maxItems} data={[...new Set([...items, ...field.values])]} placeholder={items.length ? undefined : say('unknown')}
            onChange={v => onChange(v.join('\n'))} onBlur={onLeave} />
        : <Textarea {...common} autosize minRows={isList(field) ? 2 : 1} maxRows={14} value={text} lang={language} description={isList(field) ? say('itemsHint') : undefined} placeholder={field.isAttribute ? say('unknown') : undefined}
            error={isOver} aria-invalid={isOver} onChange={e => onChange(e.currentTarget.value)} onBlur={onLeave} />}
      <div className="under">
        {field.maxCharacters !== undefined && <span style={isOver ? { color: 'var(--mantine-color-error)', fontWeight: 600 } : undefined}>{say('characters', { n: longest, max: field.maxCharacters })}</span>}
        {isList(field) && field.maxItems !== undefined && <span>{say('items', { n: items.length, max: field.maxItems })}</span>}
        {attribute && !signed && <span>{say(attribute.evidence)}</span>}
        {attribute && !signed && attribute.confidence !== null && attribute.confidence !== undefined && <span>{say('confidence', { n: new Intl.NumberFormat(tongue, { maximumFractionDigits: 0 }).format(attribute.confidence * 100) })}</span>}
        {signed && <span>{say('byPerson', { who: signed.by ?? say('somebody'), when: signed.at ? new Date(signed.at).toLocaleString(tongue) : '' })}</span>}
        {signed && <span>{say('modelSaid', { x: asText(model) || say('unknown') })}</span>}
        {signed && <Anchor component="button" type="button" size="xs" onClick={() => void onTakeBack()}>{say('takeBack')}</Anchor>}
        <Anchor component="button" type="button" size="xs" onClick={onRedo} aria-label={say('redoField', { x: label(field.name) })}>{say('redo')}</Anchor>
      </div>
      {mine?.theirs !== undefined && (
        <Alert color="orange" p="xs" mt={4}>
          <div style={{ overflowWrap: 'anywhere' }}>{say('theirs', { x: asText(mine.theirs) || say('unknown') })}</div>
          <div className="bar" style={{ marginTop: 6 }}>
            <Button size="compact-sm" onClick={() => void onKeep()}>{say('keepMine')}</Button>
            <Button size="compact-sm" variant="default" onClick={onDrop}>{say('takeTheirs')}</Button>
          </div>
        </Alert>)}
    </div>
  );
};
